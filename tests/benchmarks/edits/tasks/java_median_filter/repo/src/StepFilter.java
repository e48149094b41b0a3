/** Follows the values, but never by more than a step at a time. */
public class StepFilter implements Filter {
    private final double step;
    private boolean started;
    private double last;

    public StepFilter(double step) {
        if (step <= 0) {
            throw new IllegalArgumentException("the step must be positive");
        }
        this.step = step;
    }

    @Override
    public double next(double value) {
        if (started) {
            value = Math.max(last - step, Math.min(last + step, value));
        }
        started = true;
        last = value;
        return value;
    }

    @Override
    public void reset() {
        started = false;
    }
}
