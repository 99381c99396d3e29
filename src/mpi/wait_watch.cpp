#include <ablatrix/mpi/wait_watch.hpp>

#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

#include <ablatrix/base/log.hpp>
#include <ablatrix/base/text.hpp>

namespace ablatrix::mpi {

struct WaitWatch::Impl
{
    std::string what;
    std::mutex mutex;
    std::condition_variable ended;
    bool has_ended = false;
    std::thread thread;

    /// \return whether the wait ended within \p time
    bool ends_within(std::chrono::milliseconds time)
    {
        std::unique_lock lock(mutex);
        return ended.wait_for(lock, time, [this] { return has_ended; });
    }

    void watch(std::chrono::milliseconds notice, std::chrono::milliseconds limit)
    {
        auto const seconds = [](std::chrono::milliseconds time) {
            return base::human_seconds(std::chrono::duration<double>(time).count());
        };
        if (ends_within(notice)) return;
        base::log_warning("waiting for " + what + " for " + seconds(notice) + " now; giving up after " +
                          seconds(limit));
        if (ends_within(limit - notice)) return;
        base::log_error("waited " + seconds(limit) + " for " + what +
                        ": giving up. Look for a rank or a file system that hangs, then run the same command again");
        std::_Exit(1);
    }
};

WaitWatch::WaitWatch(std::string what, std::chrono::milliseconds notice, std::chrono::milliseconds limit)
    : impl_(std::make_unique<Impl>())
{
    impl_->what = std::move(what);
    // Signals are for the main thread, whose sleep they interrupt.
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    impl_->thread = std::thread([impl = impl_.get(), notice, limit] { impl->watch(notice, limit); });
    pthread_sigmask(SIG_SETMASK, &old, nullptr);
}

WaitWatch::~WaitWatch()
{
    {
        std::lock_guard const lock(impl_->mutex);
        impl_->has_ended = true;
    }
    impl_->ended.notify_one();
    impl_->thread.join();
}

}  // namespace ablatrix::mpi
