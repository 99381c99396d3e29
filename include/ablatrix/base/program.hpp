#pragma once

#include <string>
#include <vector>

namespace ablatrix::base {

/// How a program ended.
struct Ended
{
    static constexpr int not_found = 127;
    int status = 0;      ///< exit code, 128 + signal, or not_found when there is no such program
    std::string output;  ///< what it wrote to standard output
    std::string errors;  ///< what it wrote to standard error
};

/// Run \p words[0], found in PATH, and wait for it; nothing is read from standard input.
/// \throws Error when no process can be started for another reason than a missing program
Ended run_program(std::vector<std::string> words);

/// Full path of \p program on PATH, "" when it is not there.
std::string find_program(std::string const& program);

}  // namespace ablatrix::base
