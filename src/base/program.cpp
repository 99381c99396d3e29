#include <ablatrix/base/program.hpp>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

namespace ablatrix::base {
namespace {

struct CloseFile
{
    void operator()(std::FILE* file) const { std::fclose(file); }
};
/// A file without a name: unlike a pipe it takes any amount of text while nobody reads.
using Scratch = std::unique_ptr<std::FILE, CloseFile>;

Scratch make_scratch()
{
    Scratch file{std::tmpfile()};
    ABLATRIX_VALIDATE(file != nullptr, std::string{"cannot make a temporary file ("} + std::strerror(errno) + ")");
    return file;
}

std::string contents(std::FILE* file)
{
    std::rewind(file);
    std::string text;
    char part[4096];
    while (std::size_t const n = std::fread(part, 1, sizeof part, file))
        text.append(part, n);
    return text;
}

}  // namespace

Ended run_program(std::vector<std::string> words)
{
    ABLATRIX_EXPECT(!words.empty());
    auto const output = make_scratch();
    auto const errors = make_scratch();
    std::vector<char*> arguments;
    for (auto& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, ::fileno(output.get()), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, ::fileno(errors.get()), STDERR_FILENO);
    pid_t child = 0;
    int const problem = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (problem == ENOENT) return {Ended::not_found, "", ""};
    ABLATRIX_VALIDATE(problem == 0, "cannot start '" + words[0] + "' (" + std::strerror(problem) + ")");

    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), contents(output.get()),
            contents(errors.get())};
}

std::string find_program(std::string const& program)
{
    char const* path = std::getenv("PATH");
    for (auto const& folder : split(path == nullptr ? "" : path, ':')) {
        auto candidate = folder + "/" + program;
        if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    return {};
}

}  // namespace ablatrix::base
