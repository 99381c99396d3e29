#include "faulty_stages.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <mpi.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ablatrix/sched/serve_stages.hpp>

#include "fake_grid.hpp"

namespace ablatrix::sched_test {
namespace {

/// "0,1,2,3": what is open, the listing itself aside.
std::string open_descriptors()
{
    std::string text;
    for (int descriptor = 0; descriptor < 1024; ++descriptor) {
        if (::faccessat(AT_FDCWD, ("/proc/self/fd/" + std::to_string(descriptor)).c_str(), F_OK, AT_SYMLINK_NOFOLLOW) ==
            0)
            text += (text.empty() ? "" : ",") + std::to_string(descriptor);
    }
    return text;
}

std::string variable(char const* name)
{
    char const* const value = std::getenv(name);
    return value == nullptr ? "-" : value;
}

void write_log(std::string const& kind)
{
    char const* const log = std::getenv("ABLATRIX_TEST_LOG");
    if (log == nullptr) return;
    int has_mpi = 0;
    MPI_Initialized(&has_mpi);
    auto const descriptors = open_descriptors();
    std::ofstream{log, std::ios::app} << kind << ' ' << ::getpid() << ' ' << ::getppid() << ' ' << descriptors << ' '
                                      << "CUDA_VISIBLE_DEVICES=" << variable("CUDA_VISIBLE_DEVICES")
                                      << ",OMPI_COMM_WORLD_RANK=" << variable("OMPI_COMM_WORLD_RANK") << ' '
                                      << (has_mpi != 0 ? "mpi" : "no-mpi") << '\n';
}

/// Take memory until there is no more; the limit lies 256 MiB above what is mapped now.
void exhaust_memory()
{
#ifdef __SANITIZE_ADDRESS__
    throw std::bad_alloc{};  // the sanitizer would end the program itself
#endif
    long pages = 0;
    std::ifstream{"/proc/self/statm"} >> pages;
    rlimit const old = [] {
        rlimit limit{};
        getrlimit(RLIMIT_AS, &limit);
        return limit;
    }();
    rlimit limit = old;
    limit.rlim_cur = static_cast<rlim_t>(pages * ::sysconf(_SC_PAGESIZE)) + (rlim_t{256} << 20);
    setrlimit(RLIMIT_AS, &limit);
    std::vector<std::vector<char>> taken;
    try {
        while (true)
            taken.emplace_back(std::size_t{16} << 20, 'x');
    }
    catch (...) {
        taken.clear();
        setrlimit(RLIMIT_AS, &old);
        throw;
    }
}

void exhaust_memory_noexcept() noexcept
{
    exhaust_memory();
}

[[noreturn]] void loop_for_ever()
{
    while (true)
        std::atomic_signal_fence(std::memory_order_seq_cst);
}

void segfault()
{
    int volatile* const nowhere = nullptr;
    *nowhere = 1;
}

[[noreturn]] void wait_until_told(plan::StageContext const& context)
{
    while (!context.unfinished().must_stop())
        ::usleep(1000);
    throw plan::StageStopped{};
}

void go_wrong(Fault fault, plan::StageContext const& context)
{
    switch (fault) {
        case Fault::none:
        case Fault::count:
            return;
        case Fault::until_told:
            wait_until_told(context);
        case Fault::segfault:
            return segfault();
        case Fault::endless_loop:
            loop_for_ever();
        case Fault::out_of_memory:
            return exhaust_memory();
        case Fault::out_of_memory_abort:
            return exhaust_memory_noexcept();
        case Fault::exception:
            throw std::runtime_error("the rows are wrong");
        case Fault::exit_with_code_3:
            std::exit(3);
        case Fault::killed:
            std::raise(SIGKILL);
            return;
        case Fault::segfault_once:
            auto const marker = variable("ABLATRIX_TEST_LOG") + ".once";
            if (std::filesystem::exists(marker)) return;
            std::ofstream{marker} << "x";
            return segfault();
    }
}

}  // namespace
}  // namespace ablatrix::sched_test

/// Crashes are meant here: an address sanitizer is to leave them alone.
extern "C" char const* __asan_default_options()
{
    return "handle_segv=0:detect_leaks=0";
}

int main()
{
    using namespace ablatrix;
    rlimit const no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    bool const faults = std::getenv("ABLATRIX_TEST_FAULTS") != nullptr;
    sched_test::set_hook([faults](std::string const& kind, plan::StageContext const& context) {
        sched_test::write_log(kind);
        if (faults && kind == "fake_scores")
            sched_test::go_wrong(static_cast<sched_test::Fault>(context.params().get<std::int64_t>("arm")), context);
    });
    try {
        plan::StageRegistry registry;
        sched_test::FakeJob{}.register_stages(registry);
        sched::serve_stages(registry);
    }
    catch (std::exception const& error) {
        std::fprintf(stderr, "faulty_stages: %s\n", error.what());
        return 1;
    }
}
