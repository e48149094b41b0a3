public class GradeTest {
    public static void main(String[] args) {
        run(new MedianFilter(3), new double[] {5, 1, 9, 100, 2, 2, -4}, new double[] {5, 3, 5, 9, 9, 2, 2});
        run(new MedianFilter(4), new double[] {1, 2, 10, 20, 3, 3}, new double[] {1, 1.5, 2, 6, 6.5, 6.5});
        run(new MedianFilter(1), new double[] {3, 8, -1}, new double[] {3, 8, -1});
        run(new MedianFilter(5), new double[] {-1, -3, -2, 9.5, 10}, new double[] {-1, -2, -2, -1.5, -1});
        run(new MedianFilter(2), new double[] {4, 4, 1}, new double[] {4, 4, 2.5});

        Filter filter = new MedianFilter(3);
        filter.next(100);
        filter.next(200);
        filter.reset();
        run(filter, new double[] {7, 9, 8, 1}, new double[] {7, 8, 8, 8});
        filter.reset();
        run(filter, new double[] {7}, new double[] {7});

        run(new Chain(new MedianFilter(3), new MeanFilter(2)), new double[] {0, 4, 90}, new double[] {0, 1, 3});

        for (int size : new int[] {0, -1}) {
            try {
                new MedianFilter(size);
            } catch (IllegalArgumentException expected) {
                continue;
            }
            throw new AssertionError("a size of " + size + " was accepted");
        }

        run(new MeanFilter(2), new double[] {1, 3, 5}, new double[] {1, 2, 4});
    }

    static void run(Filter filter, double[] values, double[] expected) {
        for (int i = 0; i < values.length; i++) {
            double actual = filter.next(values[i]);
            assert Math.abs(actual - expected[i]) < 1e-9 : "value " + i + ": " + actual + ", not " + expected[i];
        }
    }
}
