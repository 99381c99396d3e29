#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <ablatrix/base/program.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/h5/file.hpp>
#include <ablatrix/mpi/communicator.hpp>
#include <ablatrix/mpi/devices.hpp>
#include <ablatrix/nn/softmax_regression.hpp>

#include "build_info.hpp"
#include "commands.hpp"

namespace ablatrix::app {
namespace {

enum class Verdict
{
    ok,
    warn,
    fail
};

struct Check
{
    Verdict verdict = Verdict::ok;
    std::string subject;
    std::string finding;
    std::string advice;
};

std::string first_line(std::string const& text)
{
    return text.substr(0, text.find_first_of("\n,"));
}

Check check_mpi()
{
    std::string const library = first_line(mpi::Environment::library_version());
    std::string const launcher = base::find_program("mpirun");
    if (!launcher.empty()) return {Verdict::ok, "MPI", library + ", mpirun is " + launcher, ""};
    if (!base::find_program("srun").empty()) return {Verdict::ok, "MPI", library + ", srun found, no mpirun", ""};
    return {Verdict::warn, "MPI", library + ", but neither mpirun nor srun is on PATH",
            "One process works without. For several: apt-get install openmpi-bin, or load the cluster's MPI module."};
}

Check check_hdf5()
{
    if (h5::is_parallel()) return {Verdict::ok, "HDF5", h5::library_version() + ", parallel", ""};
    return {Verdict::fail, "HDF5", h5::library_version() + ", serial",
            "Build against the parallel library: apt-get install libhdf5-openmpi-dev."};
}

/// GFLOP/s a core below which the library is not a tuned one.
constexpr double slow_gflops_per_thread = 20;

Check check_blas(nn::TorchReport const& torch)
{
    char text[256];
    std::snprintf(text, sizeof text, "%.0f GFLOP/s with %d thread%s, %s", torch.gemm_gflops, torch.threads,
                  torch.threads == 1 ? "" : "s",
                  torch.blas_library.empty() ? "library unknown" : torch.blas_library.c_str());
    std::string const advice = "apt-get install libopenblas0-openmp and build again: cmake then links it.";
    std::error_code ignored;
    auto const resolved = std::filesystem::canonical(torch.blas_library, ignored).string();
    std::string const library = resolved.empty() ? torch.blas_library : resolved;
    if (library.find("openblas-pthread") != std::string::npos) {
        return {Verdict::warn, "BLAS", std::string{text} + ": its threads fight libtorch's OpenMP threads", advice};
    }
    if (library.find("/blas/") != std::string::npos) {
        return {Verdict::warn, "BLAS", std::string{text} + ": the reference BLAS, many times slower than OpenBLAS",
                advice};
    }
    if (torch.gemm_gflops < slow_gflops_per_thread * torch.threads) {
        return {Verdict::warn, "BLAS", std::string{text} + ": slow (a busy machine, or an untuned library)",
                "Measure again on an idle machine. If it stays: " + advice};
    }
    return {Verdict::ok, "BLAS", text, ""};
}

Check check_devices(nn::TorchReport const& torch)
{
    auto const visible = mpi::visible_devices();
    if (visible.gpus.empty()) return {Verdict::ok, "GPUs", "none visible: runs use the CPU", ""};
    std::string const finding =
        std::to_string(visible.gpus.size()) + " visible (" + base::join(visible.gpus, ", ") + ")";
    if (torch.cuda) return {Verdict::ok, "GPUs", finding, ""};
    return {Verdict::warn, "GPUs", finding + ", but this libtorch was built without CUDA",
            "Build with -DABLATRIX_TORCH=<site-packages>/torch of a CUDA wheel, or set execution.device: cpu."};
}

Check check_cores()
{
    auto const visible = mpi::visible_devices();
    char const* threads = std::getenv("OMP_NUM_THREADS");
    std::string const finding = std::to_string(visible.cores) + " for this process" +
                                (threads == nullptr ? "" : ", OMP_NUM_THREADS=" + std::string{threads});
    return {Verdict::ok, "cores", finding, ""};
}

/// Lock a scratch file the way HDF5 does.
Check check_locking()
{
    std::string name = "./.ablatrix-doctor-XXXXXX";
    int const file = ::mkstemp(name.data());
    if (file < 0) {
        return {Verdict::fail, "this folder", "cannot write here (" + std::string{std::strerror(errno)} + ")",
                "Run where results may be written."};
    }
    struct flock lock
    {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    bool const locked = ::fcntl(file, F_SETLK, &lock) == 0;
    std::string const reason = locked ? "" : std::strerror(errno);
    ::close(file);
    ::unlink(name.c_str());
    if (locked) return {Verdict::ok, "file locking", "works in this folder", ""};
    return {Verdict::warn, "file locking", "does not work in this folder (" + reason + ")",
            "Set HDF5_USE_FILE_LOCKING=FALSE, and never start two runs on one result file."};
}

Check check_disk()
{
    constexpr std::uintmax_t wanted_bytes = std::uintmax_t{1} << 30U;
    std::error_code error;
    auto const space = std::filesystem::space(".", error);
    if (error) return {Verdict::warn, "disk", "free space unknown (" + error.message() + ")", ""};
    std::string const finding = base::human_bytes(space.available) + " free in this folder";
    if (space.available >= wanted_bytes) return {Verdict::ok, "disk", finding, ""};
    return {Verdict::warn, "disk", finding,
            "`ablatrix plan` tells how large a result will be; `ablatrix cache gc` frees space."};
}

}  // namespace

ArgumentParser doctor_arguments()
{
    ArgumentParser parser(
        "ablatrix doctor [options]",
        "Checks what the program runs on: MPI, HDF5, BLAS (with a measured speed), libtorch, devices, cores, file "
        "locking\n"
        "and free disk in the current folder. Every line says OK, WARN or FAIL, and what to do about it.",
        {"ablatrix doctor", "ablatrix doctor --quick"});
    parser.flag("quick", "do not measure the speed of matrix products");
    return parser;
}

ExitCode doctor_command(Arguments const& arguments)
{
    bool const measures = !arguments.has("quick");
    auto const torch = nn::torch_report(measures);
    std::vector<Check> checks = {{Verdict::ok, "ablatrix", version(), ""}, check_mpi(), check_hdf5()};
    if (measures) checks.push_back(check_blas(torch));
    checks.push_back({Verdict::ok, "libtorch", torch.version + (torch.cuda ? ", with CUDA" : ", CPU only"), ""});
    checks.push_back(check_devices(torch));
    checks.push_back(check_cores());
    checks.push_back(check_locking());
    checks.push_back(check_disk());

    auto code = ExitCode::ok;
    for (auto const& check : checks) {
        char const* verdict = check.verdict == Verdict::ok ? "OK  " : check.verdict == Verdict::warn ? "WARN" : "FAIL";
        std::printf("%s  %-13s %s\n", verdict, check.subject.c_str(), check.finding.c_str());
        if (!check.advice.empty()) std::printf("      %-13s -> %s\n", "", check.advice.c_str());
        if (check.verdict == Verdict::fail) code = ExitCode::usage;
    }
    return code;
}

}  // namespace ablatrix::app
