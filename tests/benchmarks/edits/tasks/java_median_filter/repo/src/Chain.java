import java.util.List;

/** Several filters, one behind the other. */
public class Chain implements Filter {
    private final List<Filter> filters;

    public Chain(Filter... filters) {
        this.filters = List.of(filters);
    }

    @Override
    public double next(double value) {
        for (Filter filter : filters) {
            value = filter.next(value);
        }
        return value;
    }

    @Override
    public void reset() {
        for (Filter filter : filters) {
            filter.reset();
        }
    }
}
