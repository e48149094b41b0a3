// A pool of threads for short parallel regions, which hands out tasks one at a time.
//
// Work is claimed, not assigned: a thread that the system has taken off its core delays at most the one task it holds,
// so another busy process costs its share and no more. Waiting threads spin for some microseconds, then sleep.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace magicode {

class Pool {
  public:
    using Function = void (*)(void *context, int task, int worker);

    explicit Pool(int n_threads);
    ~Pool();
    Pool(const Pool &) = delete;
    Pool &operator=(const Pool &) = delete;

    int n_threads() const { return static_cast<int>(threads_.size()) + 1; }

    // Runs body(task, worker) for every task in [0, n_tasks); returns when all are done. One caller at a time.
    template <class Body> void run(int n_tasks, const Body &body) {
        if (n_tasks <= 1 || threads_.empty()) {
            for (int task = 0; task < n_tasks; task++) body(task, 0);
            return;
        }
        run_erased(
            n_tasks,
            [](void *context, int task, int worker) { (*static_cast<const Body *>(context))(task, worker); },
            const_cast<void *>(static_cast<const void *>(&body)));
    }

  private:
    void run_erased(int n_tasks, Function function, void *context);
    void serve(int worker);
    void work(uint32_t epoch, int worker);

    std::vector<std::thread> threads_;
    // The current job. Written only while `ticket_` hands out nothing, so a claim that succeeds has read a whole job.
    std::atomic<Function> function_{nullptr};
    std::atomic<void *> context_{nullptr};
    std::atomic<uint32_t> n_tasks_{0};
    alignas(64) std::atomic<uint64_t> ticket_;      // epoch in the upper half, next task in the lower
    alignas(64) std::atomic<uint32_t> n_done_{0};   // tasks of this epoch that are finished
    alignas(64) std::atomic<uint32_t> epoch_{0};    // what idle threads sleep on
    std::atomic<uint32_t> n_asleep_{0};
    std::atomic<bool> closing_{false};
};

} // namespace magicode
