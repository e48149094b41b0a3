/** A piggy bank that somebody saves in for something. */
public class PiggyBank {
    private final int goal;
    private int cents = 0;

    public PiggyBank(int goal) {
        this.goal = goal;
    }

    /** Puts money in. */
    public void deposit(int cents) {
        this.cents += cents;
    }

    /** Takes money out; an IllegalStateException if there isn't enough. */
    public void withdraw(int cents) {
        if (cents > this.cents) {
            throw new IllegalStateException("only " + this.cents + " cents are left");
        }
        this.cents -= cents;
    }

    /** Returns how much is in it. */
    public int cents() {
        return cents;
    }

    /** Says whether there is enough. */
    public boolean reached() {
        return cents >= goal;
    }
}
