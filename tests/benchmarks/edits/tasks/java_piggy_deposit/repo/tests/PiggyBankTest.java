public class PiggyBankTest {
    public static void main(String[] args) {
        PiggyBank bank = new PiggyBank(1000);
        bank.deposit(700);
        bank.deposit(400);
        assert bank.cents() == 1100;
        assert bank.reached();
        bank.withdraw(200);
        assert bank.cents() == 900;
        assert !bank.reached();
        for (int cents : new int[] {0, -50}) {
            try {
                bank.deposit(cents);
                throw new AssertionError("a deposit of " + cents + " was accepted");
            } catch (IllegalArgumentException expected) {
                assert bank.cents() == 900;
            }
        }
        try {
            bank.withdraw(901);
        } catch (IllegalStateException expected) {
            return;
        }
        throw new AssertionError("more was taken than there was");
    }
}
