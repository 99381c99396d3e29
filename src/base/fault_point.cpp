#include <ablatrix/base/fault_point.hpp>

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/log.hpp>
#include <ablatrix/base/text.hpp>

namespace ablatrix::base::detail {

namespace {

constexpr char const* variable = "ABLATRIX_FAULT";

struct Fault
{
    std::string step;
    long n = 0;
    long rank = -1;
    bool hits_parent = false;
};

long number_in(std::string const& text)
{
    char* end = nullptr;
    long const number = std::strtol(text.c_str(), &end, 10);
    ABLATRIX_VALIDATE(!text.empty() && *end == '\0', std::string{variable} + " has '" + text + "' for a number");
    return number;
}

Fault read_fault()
{
    std::string const text = std::getenv(variable);
    auto const parts = split(text, ':');
    bool const fits = parts.size() >= 2 && parts.size() <= 4 && (parts.size() < 4 || parts[3] == "parent");
    ABLATRIX_VALIDATE(fits, std::string{variable} + " is '" + text + "', expected step:n[:rank[:parent]]");
    Fault fault;
    fault.step = parts[0];
    fault.n = number_in(parts[1]);
    if (parts.size() > 2) fault.rank = number_in(parts[2]);
    fault.hits_parent = parts.size() == 4;
    return fault;
}

bool may_kill()
{
    char const* const mark = std::getenv("ABLATRIX_FAULT_MARK");
    if (mark == nullptr) return true;
    int const file = ::open(mark, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0) return false;
    ::close(file);
    return true;
}

}  // namespace

bool const has_fault = std::getenv(variable) != nullptr;

void reach(std::string_view step)
{
    static Fault const fault = read_fault();
    static long count = 0;
    if (step != fault.step || (fault.rank >= 0 && fault.rank != log_rank())) return;
    if (++count == fault.n && may_kill()) ::kill(fault.hits_parent ? ::getppid() : ::getpid(), SIGKILL);
}

}  // namespace ablatrix::base::detail
