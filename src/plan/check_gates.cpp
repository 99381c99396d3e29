#include <algorithm>
#include <utility>

#include <ablatrix/base/text.hpp>
#include <ablatrix/plan/gates.hpp>

namespace ablatrix::plan {

namespace {

using config::ConfigError;

bool contains(std::vector<std::string> const& names, std::string const& name)
{
    return std::ranges::find(names, name) != names.end();
}

std::string advice(std::string const& word, std::vector<std::string> const& known)
{
    constexpr std::size_t longest_list = 30;
    std::string const hint = base::did_you_mean_hint(word, known);
    if (!hint.empty()) return hint.substr(1);
    std::vector<std::string> const shown(
        known.begin(), known.begin() + static_cast<std::ptrdiff_t>(std::min(known.size(), longest_list)));
    return "There are: " + base::join(shown, ", ") + (known.size() > longest_list ? ", ..." : "");
}

class GateCheck
{
  public:
    GateCheck(Gate const& gate, std::size_t index, store::ResultLayout const& layout, std::string const& seed_axis,
              GridCoverage coverage)
        : gate_(gate),
          path_("gates[" + std::to_string(index) + "]."),
          layout_(layout),
          seed_axis_(seed_axis),
          is_whole_(coverage == GridCoverage::whole)
    {}

    void check()
    {
        find_sets();
        for (auto const& [key, value] : gate_.rule.where)
            check_where(key, value);
        if (sets_.size() > 1)
            fail("quantity", "metric '" + gate_.quantity.name + "' is of several item sets",
                 "Add item_set: to 'where': " + base::join(set_names(), " or "));
        if (sets_.empty()) {
            if (!gate_.quantity.against_method.empty())
                fail("quantity", "'" + gate_.quantity.name + "' is a number of a whole run, not of a method",
                     "Compare arms");
        }
        else {
            check_methods();
        }
        check_sides();
    }

  private:
    [[noreturn]] void fail(std::string const& key, std::string const& problem, std::string const& way_out) const
    {
        config::Node const* place = gate_.written.find(key.substr(0, key.find('.')));
        if (key.starts_with("where.")) place = &value_in(*place, key.substr(key.find('.') + 1));
        throw ConfigError(problem, place == nullptr ? gate_.written.mark() : place->mark(), path_ + key, way_out);
    }

    /// A key may itself hold dots, so that a path would not find it.
    static config::Node const& value_in(config::Node const& where, std::string const& key)
    {
        auto const& entries = where.entries();
        auto const found = std::ranges::find(entries, key, &config::Node::Entry::first);
        return found == entries.end() ? where : found->second;
    }

    void find_sets()
    {
        std::vector<std::string> known = layout_.scalars;
        std::string wanted;
        for (auto const& [key, value] : gate_.rule.where) {
            if (key == "item_set") wanted = value;
        }
        bool has_metric = false;
        for (auto const& set : layout_.item_sets) {
            known.insert(known.end(), set.metrics.begin(), set.metrics.end());
            if (!contains(set.metrics, gate_.quantity.name)) continue;
            has_metric = true;
            if (wanted.empty() || wanted == "*" || wanted == set.name) sets_.push_back(&set);
        }
        if (!has_metric && !contains(layout_.scalars, gate_.quantity.name))
            fail("quantity", "unknown quantity '" + gate_.quantity.name + "'", advice(gate_.quantity.name, known));
        if (has_metric && sets_.empty())
            fail("where.item_set", "item set '" + wanted + "' has no metric '" + gate_.quantity.name + "'",
                 "Remove it, or see docs/cli.md for metrics");
    }

    std::vector<std::string> set_names() const
    {
        std::vector<std::string> names;
        for (auto const* set : sets_)
            names.push_back(set->name);
        return names;
    }

    bool is_arm(std::string const& key) const { return key == "arm" || key == layout_.arm_axis; }

    void check_where(std::string const& key, std::string const& value) const
    {
        if (key == "item_set") return;
        if (key == seed_axis_) fail("where." + key, "a gate is about all seeds", "Remove '" + key + "' from 'where'");
        if (key == "method") {
            if (sets_.empty())
                fail("where." + key, "'" + gate_.quantity.name + "' is a number of a whole run, not of a method",
                     "Remove 'method' from 'where'");
            return;  // check_methods
        }
        std::vector<std::string> known = {"method", "item_set"};
        for (auto const& axis : layout_.axes) {
            if (axis.name != seed_axis_) known.push_back(axis.name);
            if (axis.name != key && !(is_arm(key) && axis.name == layout_.arm_axis)) continue;
            if (value != "*" && is_whole_ && !contains(axis.value_of_run, value))
                fail("where." + key, "no run has " + key + " " + value, advice(value, distinct(axis.value_of_run)));
            return;
        }
        throw ConfigError(is_arm(key) ? "the grid has no arms" : "unknown key '" + key + "' in 'where'",
                          value_in(*gate_.written.find("where"), key).key_mark(), path_ + "where." + key,
                          advice(key, known));
    }

    static std::vector<std::string> distinct(std::vector<std::string> const& values)
    {
        std::vector<std::string> out;
        for (auto const& value : values) {
            if (!contains(out, value)) out.push_back(value);
        }
        return out;
    }

    void check_methods() const
    {
        auto const& known = sets_.front()->methods;
        bool is_given = false;
        for (auto const& [key, value] : gate_.rule.where) {
            if (key != "method") continue;
            is_given = true;
            if (is_whole_ && value != "*" && !contains(known, value))
                fail("where.method", "unknown method '" + value + "'", advice(value, known));
            if (value == gate_.quantity.against_method)
                fail("where.method", "'" + value + "' is compared with itself", "Name another method");
        }
        if (!is_given && known.size() > 1)
            fail("quantity",
                 "which method? '" + gate_.quantity.name + "' is measured for " + std::to_string(known.size()),
                 "Add method: NAME to 'where', or '*' for each. There are: " + base::join(known, ", "));
        std::string const& other = gate_.quantity.against_method;
        if (is_whole_ && !other.empty() && !contains(known, other))
            fail("quantity", "unknown method '" + other + "'", advice(other, known));
    }

    /// Is there something to subtract from?
    void check_sides() const
    {
        auto const& quantity = gate_.quantity;
        if (quantity.statistic != GateStatistic::difference || !quantity.against_method.empty()) return;
        std::vector<std::string> arms;
        for (auto const& axis : layout_.axes) {
            if (axis.name == layout_.arm_axis) arms = distinct(axis.value_of_run);
        }
        if (layout_.arm_axis.empty())
            fail("quantity", "difference(" + quantity.name + ") is between arms, and the grid has none",
                 "Write difference(" + quantity.name + ", method=NAME) to compare methods, or add grid.arms");
        if (is_whole_ && !quantity.against_arm.empty() && !contains(arms, quantity.against_arm))
            fail("quantity", "unknown arm '" + quantity.against_arm + "'", advice(quantity.against_arm, arms));
        for (auto const& [key, value] : gate_.rule.where) {
            if (is_arm(key) && value == quantity.against_arm)
                fail("where." + key, "'" + value + "' is compared with itself", "Name another arm");
        }
    }

    Gate const& gate_;
    std::string path_;
    store::ResultLayout const& layout_;
    std::string const& seed_axis_;
    bool is_whole_;
    std::vector<store::ItemSetLayout const*> sets_;  // that have the metric; none for a per-run number
};

}  // namespace

void check_gates(std::vector<Gate> const& gates, store::ResultLayout const& layout, std::string const& seed_axis,
                 GridCoverage coverage)
{
    for (std::size_t i = 0; i < gates.size(); ++i)
        GateCheck(gates[i], i, layout, seed_axis, coverage).check();
}

}  // namespace ablatrix::plan
