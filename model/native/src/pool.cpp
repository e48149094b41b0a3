#include "pool.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace magicode {
namespace {

constexpr uint64_t kNoTasks = 0xffffffffu;
constexpr int kSpins = 2000;        // about 30 microseconds: longer than the gap between two kernels of one pass
constexpr int kSpinsBeforeYield = 20000;

inline void pause() {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

} // namespace

Pool::Pool(int n_threads) : ticket_(kNoTasks) {
    for (int worker = 1; worker < n_threads; worker++) threads_.emplace_back([this, worker] { serve(worker); });
}

Pool::~Pool() {
    closing_.store(true);
    epoch_.fetch_add(1);
    epoch_.notify_all();
    for (auto &thread : threads_) thread.join();
}

void Pool::run_erased(int n_tasks, Function function, void *context) {
    const uint32_t epoch = epoch_.load(std::memory_order_relaxed) + 1;
    n_done_.store(0, std::memory_order_relaxed);
    function_.store(function, std::memory_order_relaxed);
    context_.store(context, std::memory_order_relaxed);
    n_tasks_.store(static_cast<uint32_t>(n_tasks), std::memory_order_relaxed);
    ticket_.store(static_cast<uint64_t>(epoch) << 32, std::memory_order_release);
    epoch_.store(epoch);
    if (n_asleep_.load() > 0) epoch_.notify_all();
    work(epoch, 0);
    for (int spins = 0; n_done_.load(std::memory_order_acquire) != static_cast<uint32_t>(n_tasks); spins++) {
        if (spins < kSpinsBeforeYield) pause();
        else std::this_thread::yield(); // a worker lost its core in the middle of a task
    }
    ticket_.store((static_cast<uint64_t>(epoch) << 32) | kNoTasks, std::memory_order_release);
}

void Pool::work(uint32_t epoch, int worker) {
    uint64_t ticket = ticket_.load(std::memory_order_acquire);
    while (static_cast<uint32_t>(ticket >> 32) == epoch) {
        const auto task = static_cast<uint32_t>(ticket);
        const uint32_t n_tasks = n_tasks_.load(std::memory_order_relaxed);
        const Function function = function_.load(std::memory_order_relaxed);
        void *context = context_.load(std::memory_order_relaxed);
        if (task >= n_tasks) return;
        if (!ticket_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acq_rel, std::memory_order_acquire))
            continue;
        function(context, static_cast<int>(task), worker);
        n_done_.fetch_add(1, std::memory_order_release);
        ticket = ticket_.load(std::memory_order_acquire);
    }
}

void Pool::serve(int worker) {
    uint32_t seen = 0;
    while (true) {
        uint32_t epoch = epoch_.load(std::memory_order_acquire);
        for (int spins = 0; epoch == seen && spins < kSpins; spins++) {
            pause();
            epoch = epoch_.load(std::memory_order_acquire);
        }
        if (epoch == seen) {
            n_asleep_.fetch_add(1);
            epoch_.wait(seen);
            n_asleep_.fetch_sub(1);
            continue;
        }
        if (closing_.load()) return;
        seen = epoch;
        work(epoch, worker);
    }
}

} // namespace magicode
