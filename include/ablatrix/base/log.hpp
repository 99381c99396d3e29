#pragma once

#include <string_view>

namespace ablatrix::base {

enum class LogLevel { debug, info, warning, error };

/// Lines go to standard error as "[12:03:04 rank 2] message"; standard output belongs to results.
void set_log(LogLevel level, int rank);
/// As set; -1 before.
int log_rank() noexcept;
void log(LogLevel level, std::string_view message);
inline void log_info(std::string_view message) { log(LogLevel::info, message); }
inline void log_warning(std::string_view message) { log(LogLevel::warning, message); }
inline void log_error(std::string_view message) { log(LogLevel::error, message); }

}  // namespace ablatrix::base
