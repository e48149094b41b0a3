public class RoomTest {
    public static void main(String[] args) {
        Room room = new Room();
        assert room.book(new Booking("choir", 18 * 60, 20 * 60));
        assert room.book(new Booking("chess", 9 * 60 + 30, 11 * 60));
        assert !room.book(new Booking("dance", 10 * 60, 12 * 60));
        assert !room.book(new Booking("yoga", 17 * 60, 21 * 60));
        assert room.plan().equals("09:30-11:00 chess\n18:00-20:00 choir\n") : room.plan();
        Booking early = new Booking("tea", 8 * 60, 9 * 60);
        assert !early.overlaps(new Booking("cake", 9 * 60, 10 * 60));
        assert !new Booking("cake", 9 * 60, 10 * 60).overlaps(early);
        assert early.overlaps(new Booking("cake", 8 * 60 + 59, 10 * 60));
        assert room.minutesInUse() == 210;
        assert room.cancel("chess");
        assert !room.cancel("chess");
        try {
            new Booking("nothing", 60, 60);
            throw new AssertionError("an empty booking was accepted");
        } catch (IllegalArgumentException expected) {
            System.out.println("all tests passed");
        }
    }
}
