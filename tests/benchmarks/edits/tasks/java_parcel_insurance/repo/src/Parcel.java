/** A parcel that waits to be sent. */
public class Parcel {
    private final String to;
    private final int grams;

    public Parcel(String to, int grams) {
        if (to.isBlank()) {
            throw new IllegalArgumentException("a parcel needs an address");
        }
        if (grams <= 0) {
            throw new IllegalArgumentException("a parcel has a weight");
        }
        this.to = to;
        this.grams = grams;
    }

    public String to() {
        return to;
    }

    public int grams() {
        return grams;
    }
}
