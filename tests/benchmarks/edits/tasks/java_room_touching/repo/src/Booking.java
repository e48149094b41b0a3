/** A stretch of time within one day, in minutes after midnight. */
public class Booking {
    private final String title;
    private final int start;
    private final int end;

    public Booking(String title, int start, int end) {
        if (start < 0 || end > 24 * 60 || start >= end) {
            throw new IllegalArgumentException("not a stretch of time: " + start + " to " + end);
        }
        this.title = title;
        this.start = start;
        this.end = end;
    }

    public String title() {
        return title;
    }

    public int start() {
        return start;
    }

    public int end() {
        return end;
    }

    public int minutes() {
        return end - start;
    }

    public boolean overlaps(Booking other) {
        return start <= other.end && other.start <= end;
    }

    @Override
    public String toString() {
        return clock(start) + "-" + clock(end) + " " + title;
    }

    private static String clock(int minutes) {
        return String.format("%02d:%02d", minutes / 60, minutes % 60);
    }
}
