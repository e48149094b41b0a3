public class ParcelTest {
    public static void main(String[] args) {
        Tariff tariff = new Tariff(600);
        Parcel small = new Parcel("Rosa, Hill Road 3", 450);
        assert tariff.price(small, false) == 390;
        assert tariff.price(small, true) == 990;
        assert tariff.price(new Parcel("Rosa", 2001), false) == 790;
        assert refused(() -> tariff.price(new Parcel("Rosa", 10001), false));
        assert refused(() -> new Parcel(" ", 100));
        assert refused(() -> new Parcel("Rosa", 0));

        String label = new Label(small, 390).text();
        assert label.equals("To: Rosa, Hill Road 3\nWeight: 450 g\nPaid: 3.90\n") : label;

        Parcel insured = new Parcel("Rosa", 450, 2040);
        assert insured.insuredCents() == 2040;
        assert small.insuredCents() == 0;
        assert tariff.price(insured, false) == 411 : tariff.price(insured, false);
        assert refused(() -> new Parcel("Rosa", 450, -5));
        label = new Label(insured, 411).text();
        assert label.equals("To: Rosa\nWeight: 450 g\nPaid: 4.11\nInsured: 20.40\n") : label;
        System.out.println("all tests passed");
    }

    static boolean refused(Runnable action) {
        try {
            action.run();
        } catch (IllegalArgumentException expected) {
            return true;
        }
        return false;
    }
}
