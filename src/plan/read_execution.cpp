#include <algorithm>
#include <utility>

#include <ablatrix/base/text.hpp>
#include <ablatrix/plan/stage.hpp>

#include "detail/execution.hpp"

namespace ablatrix::plan {

bool ExecutionOptions::has_timeout() const
{
    return timeout_s > 0 || std::ranges::any_of(timeouts, [](auto const& entry) { return entry.second > 0; });
}

double ExecutionOptions::timeout_of(std::string const& kind) const
{
    auto const found = timeouts.find(kind);
    return found == timeouts.end() ? timeout_s : found->second;
}

namespace detail {
namespace {

using config::Node;

constexpr double longest_timeout_s = 3.2e7;  // a year
constexpr char const* isolation_names[] = {"auto", "none", "process"};

std::map<std::string, double> read_timeouts(config::Reader& reader, Job const& job)
{
    if (reader.node().entries().empty()) return {};
    StageRegistry registry;
    job.register_stages(registry);
    std::map<std::string, double> out;
    for (auto const& [kind, value] : reader.node().entries()) {
        if (!registry.contains(kind)) {
            auto const kinds = registry.names();
            std::string const hint = base::did_you_mean_hint(kind, kinds);
            throw config::ConfigError(
                "job '" + job.name() + "' has no stage '" + kind + "'", value.key_mark(), "execution.timeouts." + kind,
                (hint.empty() ? "" : hint.substr(1) + " ") + "Possible values: " + base::join(kinds, ", "));
        }
        out[kind] = reader.number(kind, 0, 0, longest_timeout_s);
    }
    return out;
}

Node number_node(std::string const& text)
{
    return Node::scalar(text, {});
}

Node timeouts_node(std::map<std::string, double> const& timeouts)
{
    std::vector<Node::Entry> entries;
    for (auto const& [kind, seconds] : timeouts)
        entries.emplace_back(kind, number_node(base::shortest(seconds)));
    return Node::map(std::move(entries), {});
}

}  // namespace

ExecutionOptions read_execution(config::Reader& reader, Job const& job)
{
    ExecutionOptions out;
    out.max_attempts = static_cast<int>(reader.integer("max_attempts", out.max_attempts, 1, 100));
    auto const isolation = reader.choice("isolation", "auto", {"auto", "none", "process"});
    out.isolation = static_cast<Isolation>(std::ranges::find(isolation_names, isolation) - isolation_names);
    out.crash_limit = static_cast<int>(reader.integer("crash_limit", out.crash_limit, 1, 100));
    out.fail_fast = static_cast<int>(reader.integer("fail_fast", out.fail_fast, 0, 1000000));
    out.timeout_s = reader.number("timeout", out.timeout_s, 0, longest_timeout_s);
    out.timeouts = read_timeouts(reader.child("timeouts"), job);
    if (out.has_timeout() && out.isolation == Isolation::none)
        reader.fail(out.timeout_s > 0 ? "timeout" : "timeouts", "a stage can only be stopped in a process of its own",
                    "Use isolation: process, or no timeout");
    out.save_every_s = reader.number("save_every", out.save_every_s, 0, longest_timeout_s);
    out.lease_s = reader.number("lease", out.lease_s, 0, longest_timeout_s);
    out.device = reader.choice("device", out.device, {"auto", "cpu", "cuda"});
    out.share_devices = reader.get("share_devices", out.share_devices);
    out.threads = static_cast<int>(reader.integer("threads", out.threads, 0, 4096));
    return out;
}

Node to_node(ExecutionOptions const& options)
{
    std::vector<Node::Entry> entries = {
        {"max_attempts", number_node(std::to_string(options.max_attempts))},
        {"isolation", Node::scalar(isolation_names[static_cast<std::size_t>(options.isolation)], {}, true)},
        {"crash_limit", number_node(std::to_string(options.crash_limit))},
        {"fail_fast", number_node(std::to_string(options.fail_fast))},
        {"timeout", number_node(base::shortest(options.timeout_s))},
        {"save_every", number_node(base::shortest(options.save_every_s))},
        {"device", Node::scalar(options.device, {}, true)},
        {"share_devices", number_node(options.share_devices ? "true" : "false")},
        {"threads", number_node(std::to_string(options.threads))}};
    if (options.lease_s > 0) entries.emplace_back("lease", number_node(base::shortest(options.lease_s)));
    if (!options.timeouts.empty()) entries.emplace_back("timeouts", timeouts_node(options.timeouts));
    return Node::map(std::move(entries), {});
}

}  // namespace detail
}  // namespace ablatrix::plan
