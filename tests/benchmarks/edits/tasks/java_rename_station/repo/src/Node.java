import java.util.LinkedHashMap;
import java.util.Map;

/** A place where trains stop, and how many minutes it takes to the next ones. */
public class Node {
    private final String name;
    private final Map<Node, Integer> links = new LinkedHashMap<>();

    public Node(String name) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("a node needs a name");
        }
        this.name = name;
    }

    public String name() {
        return name;
    }

    /** Links two nodes in both directions. */
    public void link(Node other, int minutes) {
        links.put(other, minutes);
        other.links.put(this, minutes);
    }

    public Map<Node, Integer> links() {
        return links;
    }
}
