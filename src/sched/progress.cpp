#include <ablatrix/sched/progress.hpp>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <ablatrix/base/log.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/sched/dispatch.hpp>

namespace ablatrix::sched {
namespace {

constexpr double redraw_s = 0.2;
constexpr double log_every_s = 10;
constexpr std::size_t default_columns = 80;

struct Part
{
    std::string text;
    int importance;  // 0 always stays
};

/// The launcher's standard error, open for writing, or -1 if that is no terminal.
int launchers_terminal()
{
    auto const path = "/proc/" + std::to_string(::getppid()) + "/fd/2";
    int const file = ::open(path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (file >= 0 && ::isatty(file) == 0) {
        ::close(file);
        return -1;
    }
    return file;
}

std::size_t columns_of(int terminal)
{
    winsize size = {};
    if (::ioctl(terminal, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return default_columns;
    return size.ws_col;
}

void write_text(int file, std::string_view text)
{
    // A terminal that does not take it misses one drawing of the line: nothing to recover.
    [[maybe_unused]] auto const written = ::write(file, text.data(), text.size());
}

std::string joined(std::vector<Part> const& parts)
{
    std::string line;
    for (Part const& part : parts)
        line += (line.empty() ? "" : " | ") + part.text;
    return line;
}

}  // namespace

std::string progress_line(ProgressFacts const& facts, std::size_t columns)
{
    auto const of = [](std::size_t done, std::size_t total) {
        return std::to_string(done) + "/" + std::to_string(total);
    };
    std::vector<Part> parts = {{"runs " + of(facts.runs_done, facts.runs_total), 0},
                               {"tasks " + of(facts.tasks_done, facts.tasks_total), 1},
                               {std::to_string(facts.running) + " running", 3}};
    if (facts.runs_failed > 0) parts.push_back({std::to_string(facts.runs_failed) + " failed", 0});
    if (facts.cached > 0) parts.push_back({std::to_string(facts.cached) + " cached", 5});
    parts.push_back({base::human_seconds(facts.elapsed_s), 4});
    if (facts.left_s > 0)
        parts.push_back({base::human_seconds(facts.left_s) + " left", 2});
    else if (facts.left_s == 0 && facts.tasks_done < facts.tasks_total)
        parts.push_back({"longer than expected", 2});
    for (int importance = 5; importance > 0 && joined(parts).size() > columns; --importance) {
        std::erase_if(parts, [importance](Part const& part) { return part.importance == importance; });
    }
    return joined(parts).substr(0, columns);
}

Progress::Progress(Launcher launcher)
{
    if (::isatty(STDERR_FILENO) != 0) {
        terminal_ = STDERR_FILENO;
    }
    else if (launcher == Launcher::mpirun) {
        terminal_ = launchers_terminal();
        owned_ = terminal_ >= 0;
    }
    if (terminal_ < 0) next_s_ = now_s() + log_every_s;
}

Progress::~Progress()
{
    clear();
    if (owned_) ::close(terminal_);
}

void Progress::show(ProgressFacts const& facts, double time_s)
{
    if (terminal_ < 0) {
        base::log_info(progress_line(facts, 200));
        next_s_ = time_s + log_every_s;
        return;
    }
    // The last column stays free: some terminals wrap when it is written.
    write_text(terminal_, "\r\033[K" + progress_line(facts, columns_of(terminal_) - 1) + "\r");
    drawn_ = true;
    next_s_ = time_s + redraw_s;
}

void Progress::clear()
{
    if (drawn_) write_text(terminal_, "\r\033[K");
    drawn_ = false;
}

}  // namespace ablatrix::sched
