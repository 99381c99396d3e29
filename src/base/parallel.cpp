#include <ablatrix/base/parallel.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace ablatrix::base {

namespace {

/// Hands out blocks of indices in increasing order, so that every index below a failed one has been handed out and the
/// lowest exception does not depend on timing.
class Loop
{
  public:
    Loop(std::size_t count, std::size_t block, std::function<void(std::size_t)> const& body)
        : count_(count), block_(block), body_(body)
    {}

    void work()
    {
        while (!failed_.load(std::memory_order_relaxed)) {
            std::size_t const first = next_.fetch_add(block_);
            if (first >= count_) return;
            run_block(first, std::min(count_, first + block_));
        }
    }

    void rethrow() const
    {
        if (exception_) std::rethrow_exception(exception_);
    }

  private:
    void run_block(std::size_t first, std::size_t last)
    {
        std::size_t index = first;
        try {
            for (; index < last; ++index)
                body_(index);
        }
        catch (...) {
            std::lock_guard const lock(mutex_);
            if (!exception_ || index < failed_index_) {
                exception_ = std::current_exception();
                failed_index_ = index;
            }
            failed_.store(true);
        }
    }

    std::size_t count_;
    std::size_t block_;
    std::function<void(std::size_t)> const& body_;
    std::atomic<std::size_t> next_{0};
    std::atomic<bool> failed_{false};
    std::mutex mutex_;
    std::exception_ptr exception_;
    std::size_t failed_index_ = 0;
};

}  // namespace

void parallel_for(std::size_t count, int threads, std::function<void(std::size_t)> const& body)
{
    std::size_t const wanted = std::min(count, static_cast<std::size_t>(std::max(threads, 1)));
    if (wanted <= 1) {
        for (std::size_t i = 0; i < count; ++i)
            body(i);
        return;
    }
    // A few blocks a thread even out uneven indices without paying for each one.
    Loop loop(count, std::max<std::size_t>(1, count / (wanted * 8)), body);
    {
        std::vector<std::jthread> helpers;
        try {
            while (helpers.size() + 1 < wanted)
                helpers.emplace_back([&loop] { loop.work(); });
        }
        catch (std::system_error const&) {
            // The system refuses another thread: those there are do all the work.
        }
        loop.work();
    }
    loop.rethrow();
}

}  // namespace ablatrix::base
