/** The label that is stuck on a parcel. */
public class Label {
    private final Parcel parcel;
    private final int priceCents;

    public Label(Parcel parcel, int priceCents) {
        this.parcel = parcel;
        this.priceCents = priceCents;
    }

    /** The lines of the label, each with a newline at its end. */
    public String text() {
        StringBuilder text = new StringBuilder();
        text.append("To: ").append(parcel.to()).append('\n');
        text.append("Weight: ").append(parcel.grams()).append(" g\n");
        text.append("Paid: ").append(money(priceCents)).append('\n');
        return text.toString();
    }

    private static String money(int cents) {
        return String.format("%d.%02d", cents / 100, cents % 100);
    }
}
