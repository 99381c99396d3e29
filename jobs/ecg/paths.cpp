#include "jobs/ecg/paths.hpp"

#include <cstdlib>
#include <optional>
#include <system_error>

#include <ablatrix/base/error.hpp>
#include <ablatrix/data/dataset.hpp>

namespace ablatrix::ecg {
namespace {

/// The folder of checkpoints: ABLATRIX_MODELS, or models/ in the working directory, where scripts/fetch-model.sh puts
/// them.
std::optional<std::filesystem::path> models_folder()
{
    std::error_code ignored;
    if (char const* const named = std::getenv("ABLATRIX_MODELS"); named != nullptr && *named != '\0') {
        ABLATRIX_VALIDATE(std::filesystem::is_directory(named, ignored),
                          "ABLATRIX_MODELS names no folder (" + std::string{named} + "). Correct or unset it");
        return std::filesystem::path{named};
    }
    if (std::filesystem::is_directory("models", ignored)) return std::filesystem::path{"models"};
    return std::nullopt;
}

/// A folder that paths may start with by name.
struct Variable
{
    char const* name;
    char const* holds;
    std::optional<std::filesystem::path> (*folder)();
};
constexpr Variable variables[] = {{"ABLATRIX_DATA", "real data", data::real_data_folder},
                                  {"ABLATRIX_MODELS", "models", models_folder}};

}  // namespace

config::Mark mark_at(config::Node const& node, std::string const& key)
{
    auto const* const value = node.find(key);
    return value == nullptr ? node.mark() : value->mark();
}

std::filesystem::path resolve_path(std::string const& text, std::string const& key, config::Node const& node,
                                   std::filesystem::path const& base, std::string const& way_out)
{
    auto const fail = [&](std::string const& problem, std::string const& advice) {
        throw config::ConfigError(problem, mark_at(node, key), key, advice);
    };
    for (auto const& variable : variables) {
        std::string const prefix = std::string{"${"} + variable.name + "}";
        if (!text.starts_with(prefix)) continue;
        auto const folder = variable.folder();
        if (!folder) {
            fail(std::string{"the folder of "} + variable.holds + " is not known",
                 std::string{"Set the environment variable "} + variable.name + " to it");
        }
        auto const rest = text.substr(prefix.size());
        auto const path = *folder / (rest.starts_with('/') ? rest.substr(1) : rest);
        if (!std::filesystem::exists(path)) {
            fail("no file '" + path.string() + "'",
                 std::string{"Check the name, or where "} + variable.name + " points");
        }
        return path;
    }
    auto const beside = base / text;  // an absolute text replaces base
    if (std::filesystem::exists(beside)) return beside;
    if (!std::filesystem::exists(text)) fail("no file '" + beside.string() + "'", way_out);
    return text;
}

}  // namespace ablatrix::ecg
