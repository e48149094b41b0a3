/** Smooths the values of a sensor, one after the other. */
public interface Filter {
    /** Takes the next raw value and returns the smoothed one. */
    double next(double value);

    /** Forgets all that was seen. */
    void reset();
}
