public class GradeTest {
    public static void main(String[] args) {
        Tariff tariff = new Tariff(600);
        Parcel plain = new Parcel("Rosa", 450);
        assert plain.insuredCents() == 0;
        Parcel insured = new Parcel("Rosa", 450, 1250);
        assert insured.insuredCents() == 1250;
        assert insured.to().equals("Rosa") && insured.grams() == 450;

        assert price(tariff, 0) == 390;
        assert price(tariff, 1) == 391 : price(tariff, 1);
        assert price(tariff, 99) == 391;
        assert price(tariff, 100) == 391;
        assert price(tariff, 101) == 392 : price(tariff, 101);
        assert price(tariff, 1250) == 403 : price(tariff, 1250);
        assert price(tariff, 50000) == 890;
        assert tariff.price(insured, true) == 1003;
        assert tariff.price(plain, false) == 390;
        assert tariff.price(plain, true) == 990;

        assert refused(() -> new Parcel("Rosa", 450, -1));
        assert refused(() -> new Parcel("", 450, 100));
        assert refused(() -> new Parcel("Rosa", 0, 100));
        assert refused(() -> new Parcel(" ", 100));
        assert refused(() -> new Parcel("Rosa", -5));
        assert refused(() -> tariff.price(new Parcel("Rosa", 10001, 100), false));

        same(new Label(insured, 403).text(), "To: Rosa\nWeight: 450 g\nPaid: 4.03\nInsured: 12.50\n");
        same(new Label(new Parcel("Li", 9, 5), 391).text(), "To: Li\nWeight: 9 g\nPaid: 3.91\nInsured: 0.05\n");
        same(new Label(plain, 390).text(), "To: Rosa\nWeight: 450 g\nPaid: 3.90\n");
        same(new Label(new Parcel("Li", 9, 0), 390).text(), "To: Li\nWeight: 9 g\nPaid: 3.90\n");
    }

    static int price(Tariff tariff, int insuredCents) {
        return tariff.price(new Parcel("Rosa", 450, insuredCents), false);
    }

    static void same(String actual, String expected) {
        assert actual.equals(expected) : "expected\n" + expected + "but got\n" + actual;
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
