import java.util.ArrayDeque;
import java.util.Deque;

/** The mean of the last values. */
public class MeanFilter implements Filter {
    private final int size;
    private final Deque<Double> window = new ArrayDeque<>();

    public MeanFilter(int size) {
        if (size < 1) {
            throw new IllegalArgumentException("the size must be at least 1");
        }
        this.size = size;
    }

    @Override
    public double next(double value) {
        window.addLast(value);
        if (window.size() > size) {
            window.removeFirst();
        }
        double sum = 0;
        for (double seen : window) {
            sum += seen;
        }
        return sum / window.size();
    }

    @Override
    public void reset() {
        window.clear();
    }
}
