#include "fuzz/entries.hpp"

#include <algorithm>
#include <stdexcept>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/base/error.hpp>
#include <ablatrix/config/node.hpp>

namespace ablatrix::fuzz {

namespace {

/// Not an ablatrix::Error, so nobody swallows it.
void require(bool condition, char const* promise)
{
    if (!condition) throw std::logic_error(promise);
}

}  // namespace

void check_yaml(std::string const& text)
{
    config::Node tree;
    try {
        tree = config::parse_yaml(text, "fuzz.yaml");
    }
    catch (config::ConfigError const&) {
        return;
    }
    std::string const written = tree.to_yaml();
    require(config::parse_yaml(written, "again.yaml").canonical() == tree.canonical(), "to_yaml() keeps the tree");
}

void check_bundle(std::span<std::byte const> bytes)
{
    try {
        auto const again = base::Bundle::parse(bytes).serialise();
        require(std::ranges::equal(again, bytes), "a parsed bundle serialises to its own bytes");
    }
    catch (Error const&) {
    }
}

}  // namespace ablatrix::fuzz
