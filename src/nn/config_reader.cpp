#include "detail/config_reader.hpp"

#include <array>
#include <utility>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

#include "detail/strict_json.hpp"

namespace ablatrix::nn::detail {

namespace {

/// Deeper than any config; what writes a tree again recurses.
constexpr int deepest = 64;
/// What is kept is scaled by 1 / (1 - rate).
constexpr double highest_rate = 0.999;

constexpr std::array<std::pair<std::string_view, Activation>, 7> activations{
    {{"gelu", Activation::gelu},
     {"gelu_new", Activation::gelu_tanh},
     {"gelu_pytorch_tanh", Activation::gelu_tanh},
     {"silu", Activation::silu},
     {"swish", Activation::silu},
     {"relu", Activation::relu},
     {"tanh", Activation::tanh}}};

nlohmann::json parse_object(std::string_view text, std::string const& file)
{
    auto const check_depth = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json const&) {
        if (depth > deepest) throw DataError(file, 0, "nests deeper than 64 levels. It is no config.json of a model");
        return true;
    };
    nlohmann::json object;
    try {
        object = nlohmann::json::parse(text, check_depth);
    }
    catch (nlohmann::json::parse_error const& error) {
        throw DataError(file, 0, "is not valid JSON at byte " + std::to_string(error.byte) + ". Fetch it again");
    }
    catch (nlohmann::json::exception const&) {
        throw DataError(file, 0, "holds a number that is too large. Fetch it again");
    }
    if (!object.is_object()) throw DataError(file, 0, "is not a JSON object. Give the config.json of a model");
    return object;
}

}  // namespace

ConfigReader::ConfigReader(std::string_view text, std::string file)
    : object_(parse_object(text, file)), file_(std::move(file))
{}

nlohmann::json const* ConfigReader::find(char const* key) const
{
    auto const found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::int64_t ConfigReader::integer(char const* key, std::int64_t absent, std::int64_t least, std::int64_t most) const
{
    auto const* const value = find(key);
    auto const range = "It must lie between " + std::to_string(least) + " and " + std::to_string(most);
    if (value == nullptr) {
        if (absent < least || absent > most)
            refuse(key, "is missing, and its default " + std::to_string(absent) + " does not fit", range);
        return absent;
    }
    if (!value->is_number_integer()) refuse(key, "is " + shown(value->dump()), "It must be a whole number");
    bool const huge = value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(most);
    if (huge || value->get<std::int64_t>() < least || value->get<std::int64_t>() > most)
        refuse(key, "is " + value->dump(), range);
    return value->get<std::int64_t>();
}

double ConfigReader::real(char const* key, double absent, double least, double most) const
{
    auto const* const value = find(key);
    if (value == nullptr) return absent;
    if (!value->is_number()) refuse(key, "is " + shown(value->dump()), "It must be a number");
    double const number = value->get<double>();
    if (!(number >= least && number <= most))
        refuse(key, "is " + value->dump(),
               "It must lie between " + base::shortest(least) + " and " + base::shortest(most));
    return number;
}

double ConfigReader::rate(char const* key, double absent) const
{
    double const out = real(key, absent, 0, 1);
    if (out > highest_rate)
        refuse(key, "is " + base::shortest(out),
               "Nothing would be left: it must be at most " + base::shortest(highest_rate));
    return out;
}

bool ConfigReader::flag(char const* key, bool absent) const
{
    auto const* const value = find(key);
    if (value == nullptr) return absent;
    if (!value->is_boolean()) refuse(key, "is " + shown(value->dump()), "It must be true or false");
    return value->get<bool>();
}

std::string ConfigReader::text(char const* key, std::string const& absent) const
{
    auto const* const value = find(key);
    if (value == nullptr) return absent;
    if (!value->is_string()) refuse(key, "is " + shown(value->dump()), "It must be a text");
    return value->get<std::string>();
}

Activation ConfigReader::activation(char const* key, Activation absent) const
{
    if (find(key) == nullptr) return absent;
    std::string const name = text(key, {});
    for (auto const& [known, activation] : activations)
        if (known == name) return activation;
    refuse(key, "is " + shown(name), "Known are gelu, gelu_new, gelu_pytorch_tanh, silu, swish, relu and tanh");
}

void ConfigReader::refuse(std::string_view key, std::string const& problem, std::string const& way_out) const
{
    throw DataError(file_, 0, std::string{key} + " " + problem + ". " + way_out);
}

void ConfigReader::only(char const* key, bool expected, std::string const& what) const
{
    if (flag(key, expected) != expected)
        refuse(key, expected ? "is false" : "is true", what + " Use another checkpoint");
}

}  // namespace ablatrix::nn::detail
