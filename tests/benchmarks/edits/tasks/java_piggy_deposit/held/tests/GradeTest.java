public class GradeTest {
    public static void main(String[] args) {
        PiggyBank bank = new PiggyBank(1000);
        refuses(bank, 0);
        refuses(bank, -1);
        bank.deposit(700);
        refuses(bank, 0);
        refuses(bank, -1);
        refuses(bank, -700);
        refuses(bank, Integer.MIN_VALUE);
        assert bank.cents() == 700;

        bank.deposit(1);
        assert bank.cents() == 701;
        assert !bank.reached();
        bank.deposit(299);
        assert bank.cents() == 1000;
        assert bank.reached();

        try {
            bank.withdraw(1001);
            throw new AssertionError("more was taken than there was");
        } catch (IllegalStateException expected) {
            assert bank.cents() == 1000;
        }
        bank.withdraw(0);
        bank.withdraw(1);
        assert bank.cents() == 999;
        assert !bank.reached();
        bank.withdraw(999);
        assert bank.cents() == 0;
    }

    private static void refuses(PiggyBank bank, int cents) {
        int before = bank.cents();
        try {
            bank.deposit(cents);
        } catch (IllegalArgumentException expected) {
            assert bank.cents() == before;
            return;
        }
        throw new AssertionError("a deposit of " + cents + " was accepted");
    }
}
