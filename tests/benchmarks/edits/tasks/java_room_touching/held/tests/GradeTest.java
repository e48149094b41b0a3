public class GradeTest {
    public static void main(String[] args) {
        overlap(600, 660, 660, 720, false);
        overlap(600, 660, 661, 720, false);
        overlap(600, 660, 659, 720, true);
        overlap(600, 660, 600, 660, true);
        overlap(600, 660, 610, 620, true);
        overlap(600, 660, 600, 620, true);
        overlap(600, 660, 640, 660, true);
        overlap(600, 660, 500, 700, true);
        overlap(0, 1, 1, 1440, false);

        Room room = new Room();
        assert room.book(new Booking("chess", 600, 660));
        assert room.book(new Booking("dance", 660, 720));
        assert room.book(new Booking("yoga", 540, 600));
        assert !room.book(new Booking("choir", 659, 661));
        assert !room.book(new Booking("band", 599, 600));
        assert room.plan().equals("09:00-10:00 yoga\n10:00-11:00 chess\n11:00-12:00 dance\n") : room.plan();
        assert room.minutesInUse() == 180;
        assert room.cancel("chess");
        assert room.book(new Booking("band", 600, 660));
        try {
            new Booking("nothing", 60, 60);
        } catch (IllegalArgumentException expected) {
            return;
        }
        throw new AssertionError("an empty booking was accepted");
    }

    static void overlap(int start, int end, int otherStart, int otherEnd, boolean expected) {
        Booking one = new Booking("one", start, end);
        Booking other = new Booking("other", otherStart, otherEnd);
        assert one.overlaps(other) == expected : one + " and " + other;
        assert other.overlaps(one) == expected : other + " and " + one;
    }
}
