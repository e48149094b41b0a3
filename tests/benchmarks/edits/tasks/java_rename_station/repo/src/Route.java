import java.util.List;
import java.util.stream.Collectors;

/** A way through the network. */
public class Route {
    private final List<Node> stops;
    private final int minutes;

    public Route(List<Node> stops, int minutes) {
        this.stops = List.copyOf(stops);
        this.minutes = minutes;
    }

    public int minutes() {
        return minutes;
    }

    @Override
    public String toString() {
        return stops.stream().map(Node::name).collect(Collectors.joining(" > ")) + " (" + minutes + " min)";
    }
}
