public class NetworkTest {
    public static void main(String[] args) {
        Network network = new Network();
        network.connect("Port", "Mill", 12).connect("Mill", "Castle", 9).connect("Port", "Castle", 30);
        assert network.fastest("Port", "Castle").toString().equals("Port > Mill > Castle (21 min)");
        assert network.fastest("Castle", "Castle").minutes() == 0;
        assert network.fastest("Port", "Moon") == null;

        Node mill = network.node("Mill");
        assert mill.name().equals("Mill");
        assert mill.links().get(network.node("Port")) == 12;
        assert network.node("Mill") == mill;
        System.out.println("all tests passed");
    }
}
