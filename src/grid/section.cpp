#include "detail/section.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include <ablatrix/base/text.hpp>
#include <ablatrix/config/reader.hpp>
#include <ablatrix/grid/grid.hpp>

namespace ablatrix::grid::detail {

namespace {

using config::ConfigError;
using config::Mark;
using config::Node;

/// Longer lists of names do not help anybody.
constexpr std::size_t longest_list = 30;

std::string advice(std::string const& word, std::vector<std::string> const& candidates, std::string const& what)
{
    std::string const hint = base::did_you_mean_hint(word, candidates);
    if (!hint.empty()) return hint.substr(1);
    if (candidates.size() > longest_list) return "See --print-config for all " + what;
    return "Known " + what + ": " + base::join(candidates, ", ");
}

/// Is one of the paths the other, or a section that holds it?
bool overlap(std::string const& a, std::string const& b)
{
    return a == b || a.starts_with(b + ".") || b.starts_with(a + ".");
}

class SectionReader
{
  public:
    explicit SectionReader(std::vector<std::string> const& known_paths) : known_paths_(known_paths) {}

    Section read(Node const& node)
    {
        config::Reader reader(node, "grid");
        if (auto const* product = reader.raw("product")) read_product(*product);
        if (auto const* zip = reader.raw("zip")) read_zip(*zip);
        Node const* const arms = reader.raw("arms");
        if (arms != nullptr) read_arms(*arms);
        Node const* const include = reader.raw("include");
        Node const* const exclude = reader.raw("exclude");
        reader.finish();
        if (section_.dimensions.empty())
            throw ConfigError("the grid is empty", node.mark(), "grid",
                              "Add axes under product, zip or arms, or remove the section for a single run");
        if (include != nullptr) read_includes(*include);
        if (exclude != nullptr) read_exclusions(*exclude);
        return std::move(section_);
    }

  private:
    /// Axes may be written flat ("noise.rate: [0, 0.1]") or nested ("noise: {rate: [0, 0.1]}").
    void read_product(Node const& node, std::string const& prefix = {})
    {
        for (auto const& [key, values] : node.entries()) {
            std::string const path = prefix.empty() ? key : prefix + "." + key;
            if (values.kind() == Node::Kind::map && !values.entries().empty())
                read_product(values, path);
            else
                read_axis(path, values);
        }
    }

    void read_axis(std::string const& path, Node const& values)
    {
        check_parameter(path, values.key_mark());
        Dimension dimension{{path}, {}};
        std::set<std::string> seen;
        for (Node const& value : read_values(path, values)) {
            std::string text = value_text(value);
            if (!seen.insert(text).second) fail_duplicate(path, text, value.mark());
            dimension.settings.push_back({{std::move(text)}, {{path, value}}});
        }
        add(std::move(dimension), {values.key_mark()});
    }

    void read_zip(Node const& node)
    {
        if (node.kind() == Node::Kind::map)
            throw ConfigError("expected a list, found a map", node.mark(), "grid.zip",
                              "Write zip: [{...}], each entry holding axes that advance together");
        for (Node const& entry : node.items())
            read_zip_entry(entry);
    }

    void read_zip_entry(Node const& entry)
    {
        Dimension dimension;
        std::vector<Mark> marks;
        for (auto const& [path, values] : entry.entries()) {
            check_parameter(path, values.key_mark());
            auto const& items = read_values(path, values);
            if (dimension.axes.empty()) dimension.settings.resize(items.size());
            if (items.size() != dimension.settings.size())
                throw ConfigError("zipped axes differ in length: '" + dimension.axes.front() + "' has " +
                                      std::to_string(dimension.settings.size()) + " values, '" + path + "' has " +
                                      std::to_string(items.size()),
                                  values.mark(), {}, "Give them equally many, or move one to product");
            for (std::size_t i = 0; i < items.size(); ++i) {
                dimension.settings[i].texts.push_back(value_text(items[i]));
                dimension.settings[i].assignments.emplace_back(path, items[i]);
            }
            dimension.axes.push_back(path);
            marks.push_back(values.key_mark());
        }
        if (dimension.axes.empty())
            throw ConfigError("an entry of zip without axes", entry.mark(), {}, "Name at least one axis, or remove it");
        std::set<std::vector<std::string>> seen;
        for (Setting const& setting : dimension.settings) {
            if (!seen.insert(setting.texts).second)
                fail_duplicate(base::join(dimension.axes, ", "), base::join(setting.texts, ", "),
                               setting.assignments.front().second.mark());
        }
        add(std::move(dimension), marks);
    }

    void read_arms(Node const& node)
    {
        config::Reader reader(node, "grid.arms");
        section_.arm_axis = reader.get("axis", "arm");
        Node const* const values = reader.raw("values");
        reader.finish();
        if (section_.arm_axis.empty()) reader.fail("axis", "the arm axis needs a name", "Leave it out for 'arm'");
        if (values == nullptr || values->entries().empty())
            reader.fail("values", "no arms", "Give at least one, such as values: {full: {}}");
        if (std::ranges::find(known_paths_, section_.arm_axis) != known_paths_.end())
            reader.fail("axis", "the arm axis '" + section_.arm_axis + "' has the name of a parameter",
                        "Choose another name, or leave it out for 'arm'");
        Dimension dimension{{section_.arm_axis}, {}};
        for (auto const& [name, overrides] : values->entries()) {
            check_arm_name(name, overrides.key_mark());
            if (std::ranges::find(arms_, name) != arms_.end())
                throw ConfigError("duplicate arm '" + name + "'", overrides.key_mark(), {}, "Remove one of the two");
            arms_.push_back(name);
            Setting setting{{name}, {}};
            collect_overrides(overrides, "", setting);
            check_arm_against_axes(name, setting);
            dimension.settings.push_back(std::move(setting));
        }
        add(std::move(dimension), {node.mark()});
    }

    static void check_arm_name(std::string const& name, Mark const& mark)
    {
        if (!name.empty() && name.find_first_of(" \t\n=,") == std::string::npos) return;
        throw ConfigError("'" + name + "' cannot name an arm", mark, {}, "Use a word without blanks, commas and '='");
    }

    /// Leaves of an arm's overrides, which may be written flat ("noise.rate: 0") or nested.
    void collect_overrides(Node const& node, std::string const& prefix, Setting& setting)
    {
        for (auto const& [key, value] : node.entries()) {
            std::string const path = prefix.empty() ? key : prefix + "." + key;
            bool const is_leaf = std::ranges::find(known_paths_, path) != known_paths_.end();
            bool const is_section = std::ranges::any_of(
                known_paths_, [&path](std::string const& known) { return known.starts_with(path + "."); });
            if (!is_leaf && !is_section) check_parameter(path, value.key_mark());
            if (!is_leaf) {
                collect_overrides(value, path, setting);
                continue;
            }
            bool const again =
                std::ranges::any_of(setting.assignments, [&path](auto const& s) { return s.first == path; });
            if (again) throw ConfigError("'" + path + "' is set twice in one arm", value.key_mark(), {}, "Remove one");
            setting.assignments.emplace_back(path, value);
        }
    }

    void check_arm_against_axes(std::string const& arm, Setting const& setting) const
    {
        for (auto const& [path, value] : setting.assignments) {
            for (std::string const& axis : section_.axes) {
                if (overlap(axis, path))
                    throw ConfigError("arm '" + arm + "' overrides the axis '" + axis + "'", value.key_mark(), {},
                                      "Remove it from the arm, or the axis from the grid");
            }
        }
    }

    void check_parameter(std::string const& path, Mark const& mark) const
    {
        if (std::ranges::find(known_paths_, path) != known_paths_.end()) return;
        std::string const section = path + ".";
        std::vector<std::string> below;
        std::ranges::copy_if(known_paths_, std::back_inserter(below),
                             [&section](std::string const& known) { return known.starts_with(section); });
        if (!below.empty())
            throw ConfigError("'" + path + "' is a section, not a parameter", mark, {},
                              "Name one of its parameters: " + base::join(below, ", "));
        throw ConfigError("unknown parameter '" + path + "' in the grid", mark, {},
                          advice(path, known_paths_, "parameters"));
    }

    static std::vector<Node> const& read_values(std::string const& path, Node const& values)
    {
        if (values.kind() == Node::Kind::scalar)
            throw ConfigError("axis '" + path + "' needs a list of values, found " + values.describe(), values.mark(),
                              {}, "Write [" + values.text() + "], or move a fixed value to parameters");
        if (values.kind() == Node::Kind::map)
            throw ConfigError("axis '" + path + "' needs a list of values, found a map", values.mark(), {},
                              "Write the axis as a dotted path, such as noise.rate: [0, 0.1]");
        if (values.items().empty())
            throw ConfigError("axis '" + path + "' has no values", values.mark(), {},
                              "Give at least one, or remove it");
        return values.items();
    }

    [[noreturn]] static void fail_duplicate(std::string const& axis, std::string const& value, Mark const& mark)
    {
        throw ConfigError("duplicate value " + value + " of axis '" + axis + "'", mark, {}, "Remove one of the two");
    }

    void add(Dimension dimension, std::vector<Mark> const& marks)
    {
        for (std::size_t i = 0; i < dimension.axes.size(); ++i) {
            std::string const& axis = dimension.axes[i];
            for (std::string const& other : section_.axes) {
                if (overlap(axis, other))
                    throw ConfigError("axis '" + axis + "' is given twice", marks[i], {},
                                      "Keep it in one of product, zip and arms");
            }
            section_.axes.push_back(axis);
        }
        section_.dimensions.push_back(std::move(dimension));
    }

    /// The settings of an arm; what it is called is checked.
    Setting const& arm_setting(Node const& value) const
    {
        std::string const name = value_text(value);
        auto const& settings = section_.dimensions.back().settings;  // the arms come last
        for (Setting const& setting : settings) {
            if (setting.texts.front() == name) return setting;
        }
        throw ConfigError("unknown arm '" + name + "'", value.mark(), {}, advice(name, arms_, "arms"));
    }

    void read_includes(Node const& node)
    {
        for (Node const& entry : node.items()) {
            for (auto const& [axis, value] : entry.entries())
                axis_index(section_.axes, axis, value.key_mark());
            Setting point;
            for (std::string const& axis : section_.axes) {
                Node const* const value = value_at(entry, axis);
                if (value == nullptr)
                    throw ConfigError("an include point does not name the axis '" + axis + "'", entry.mark(), {},
                                      "Give a value for every axis: " + base::join(section_.axes, ", "));
                add_to_point(point, axis, *value);
            }
            section_.includes.push_back(std::move(point));
        }
    }

    void add_to_point(Setting& point, std::string const& axis, Node const& value) const
    {
        point.texts.push_back(value_text(value));
        if (axis == section_.arm_axis)
            std::ranges::copy(arm_setting(value).assignments, std::back_inserter(point.assignments));
        else
            point.assignments.emplace_back(axis, value);
    }

    static Node const* value_at(Node const& entry, std::string const& axis)
    {
        auto const found = std::ranges::find(entry.entries(), axis, &Node::Entry::first);
        return found == entry.entries().end() ? nullptr : &found->second;
    }

    void read_exclusions(Node const& node)
    {
        for (Node const& entry : node.items()) {
            Exclusion exclusion{entry.mark(), {}};
            for (auto const& [axis, value] : entry.entries()) {
                std::size_t const index = axis_index(section_.axes, axis, value.key_mark());
                if (axis == section_.arm_axis) arm_setting(value);
                exclusion.wanted.emplace_back(index, value_text(value));
            }
            if (exclusion.wanted.empty())
                throw ConfigError("an entry of exclude without axes would drop every run", entry.mark(), {},
                                  "Name the values that it drops");
            section_.exclusions.push_back(std::move(exclusion));
        }
    }

    std::vector<std::string> const& known_paths_;
    Section section_;
    std::vector<std::string> arms_;
};

}  // namespace

Section read_section(Node const& section, std::vector<std::string> const& known_paths)
{
    return SectionReader(known_paths).read(section);
}

std::size_t axis_index(std::vector<std::string> const& axes, std::string const& name, Mark const& mark)
{
    auto const found = std::ranges::find(axes, name);
    if (found != axes.end()) return static_cast<std::size_t>(found - axes.begin());
    throw ConfigError("the grid has no axis '" + name + "'", mark, {}, advice(name, axes, "axes"));
}

}  // namespace ablatrix::grid::detail
