#define M(x) x
struct S {
  int n GUARDED_BY(mu);
};
