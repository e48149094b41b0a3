class K:
    def f(self):
        x = 2

        return x
