import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A room and who has it when. */
public class Room {
    private final List<Booking> bookings = new ArrayList<>();

    /** Books the room, unless somebody has it at that time; tells whether it did. */
    public boolean book(Booking wanted) {
        for (Booking booking : bookings) {
            if (booking.overlaps(wanted)) {
                return false;
            }
        }
        bookings.add(wanted);
        bookings.sort(Comparator.comparingInt(Booking::start));
        return true;
    }

    public boolean cancel(String title) {
        return bookings.removeIf(booking -> booking.title().equals(title));
    }

    /** How many minutes of the day the room is in use. */
    public int minutesInUse() {
        return bookings.stream().mapToInt(Booking::minutes).sum();
    }

    /** The bookings of the day, the earliest first, one on a line. */
    public String plan() {
        StringBuilder text = new StringBuilder();
        for (Booking booking : bookings) {
            text.append(booking).append('\n');
        }
        return text.toString();
    }
}
