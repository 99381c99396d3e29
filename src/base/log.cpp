#include <ablatrix/base/log.hpp>

#include <memory>
#include <string>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace ablatrix::base {

namespace {

constexpr char const* plain_pattern = "[%H:%M:%S] %v";
int rank_of_process = -1;

spdlog::logger& logger()
{
    static auto const instance = [] {
        auto created = std::make_shared<spdlog::logger>("ablatrix", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        created->set_pattern(plain_pattern);
        created->flush_on(spdlog::level::trace);
        return created;
    }();
    return *instance;
}

spdlog::level::level_enum to_spdlog(LogLevel level)
{
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

std::string_view prefix(LogLevel level)
{
    if (level == LogLevel::warning) return "warning: ";
    if (level == LogLevel::error) return "error: ";
    return "";
}

}  // namespace

void set_log(LogLevel level, int rank)
{
    rank_of_process = rank;
    logger().set_level(to_spdlog(level));
    logger().set_pattern(rank < 0 ? plain_pattern : "[%H:%M:%S rank " + std::to_string(rank) + "] %v");
}

int log_rank() noexcept
{
    return rank_of_process;
}

void log(LogLevel level, std::string_view message)
{
    logger().log(to_spdlog(level), "{}{}", prefix(level), message);
}

}  // namespace ablatrix::base
