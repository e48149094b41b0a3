public class FilterTest {
    public static void main(String[] args) {
        Filter mean = new MeanFilter(2);
        assert mean.next(1) == 1;
        assert mean.next(3) == 2;
        assert mean.next(5) == 4;
        mean.reset();
        assert mean.next(7) == 7;

        Filter step = new StepFilter(2);
        assert step.next(10) == 10;
        assert step.next(20) == 12;
        assert step.next(11.5) == 11.5;

        Filter chain = new Chain(new StepFilter(1), new MeanFilter(2));
        assert chain.next(0) == 0;
        assert chain.next(9) == 0.5;
        chain.reset();
        assert chain.next(9) == 9;

        Filter median = new MedianFilter(3);
        assert median.next(4) == 4;
        assert median.next(10) == 7;
        assert median.next(1) == 4;
        assert median.next(2) == 2;
        median.reset();
        assert median.next(8) == 8;
        try {
            new MedianFilter(0);
            throw new AssertionError("a size of 0 was accepted");
        } catch (IllegalArgumentException expected) {
            assert true;
        }
        System.out.println("all tests passed");
    }
}
