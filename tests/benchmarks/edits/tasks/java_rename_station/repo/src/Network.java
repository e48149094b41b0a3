import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedList;
import java.util.Map;
import java.util.TreeMap;

/** A network of railways. */
public class Network {
    private final Map<String, Node> nodes = new TreeMap<>();

    /** Returns the node of a name, and makes it if there is none yet. */
    public Node node(String name) {
        return nodes.computeIfAbsent(name, Node::new);
    }

    public Network connect(String from, String to, int minutes) {
        node(from).link(node(to), minutes);
        return this;
    }

    /** Returns the fastest way, or null if there is none. */
    public Route fastest(String from, String to) {
        Map<Node, Integer> minutes = new HashMap<>();
        Map<Node, Node> before = new HashMap<>();
        LinkedList<Node> waiting = new LinkedList<>();
        minutes.put(node(from), 0);
        waiting.add(node(from));
        while (!waiting.isEmpty()) {
            Node here = waiting.removeFirst();
            for (Map.Entry<Node, Integer> link : here.links().entrySet()) {
                int time = minutes.get(here) + link.getValue();
                Node there = link.getKey();
                if (time < minutes.getOrDefault(there, Integer.MAX_VALUE)) {
                    minutes.put(there, time);
                    before.put(there, here);
                    waiting.add(there);
                }
            }
        }
        if (!minutes.containsKey(node(to))) {
            return null;
        }
        LinkedList<Node> stops = new LinkedList<>();
        for (Node stop = node(to); stop != null; stop = before.get(stop)) {
            stops.add(stop);
        }
        Collections.reverse(stops);
        return new Route(stops, minutes.get(node(to)));
    }
}
