/** What it costs to send a parcel. */
public class Tariff {
    private static final int[] UP_TO_GRAMS = {500, 2000, 5000, 10000};
    private static final int[] CENTS = {390, 550, 790, 1250};

    private final int expressCents;

    public Tariff(int expressCents) {
        this.expressCents = expressCents;
    }

    /** The price in cents; parcels over 10 kg are not taken. */
    public int price(Parcel parcel, boolean express) {
        int cents = byWeight(parcel.grams());
        if (express) {
            cents += expressCents;
        }
        return cents;
    }

    private static int byWeight(int grams) {
        for (int i = 0; i < UP_TO_GRAMS.length; i++) {
            if (grams <= UP_TO_GRAMS[i]) {
                return CENTS[i];
            }
        }
        throw new IllegalArgumentException("the parcel is too heavy");
    }
}
