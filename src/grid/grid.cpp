#include <ablatrix/grid/grid.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <ablatrix/base/fingerprint.hpp>
#include <ablatrix/base/text.hpp>

#include "detail/section.hpp"

namespace ablatrix::grid {

namespace {

using config::ConfigError;
using config::Mark;
using config::Node;

constexpr std::size_t most_points = 1'000'000;

/// Walks through all combinations of settings, the first dimension slowest.
class Odometer
{
  public:
    explicit Odometer(std::vector<detail::Dimension> const& dimensions)
        : dimensions_(dimensions), at_(dimensions.size(), 0)
    {}

    detail::Setting const& setting(std::size_t dimension) const
    {
        return dimensions_[dimension].settings[at_[dimension]];
    }
    /// False after the last combination.
    bool advance()
    {
        for (std::size_t d = at_.size(); d-- > 0;) {
            if (++at_[d] < dimensions_[d].settings.size()) return true;
            at_[d] = 0;
        }
        return false;
    }

  private:
    std::vector<detail::Dimension> const& dimensions_;
    std::vector<std::size_t> at_;
};

/// Number of combinations. \throws ConfigError when there are too many
std::size_t points_of(std::vector<detail::Dimension> const& dimensions, Mark const& mark)
{
    std::size_t points = 1;
    for (auto const& dimension : dimensions) {
        points *= dimension.settings.size();
        if (points > most_points)
            throw ConfigError("the grid has more than " + std::to_string(most_points) + " points", mark, {},
                              "Split it into several experiments");
    }
    return points;
}

std::string label_of(std::vector<std::string> const& axes, std::vector<std::string> const& values)
{
    if (axes.empty()) return "default";
    std::string out;
    for (std::size_t i = 0; i < axes.size(); ++i)
        out += (i > 0 ? " " : "") + axes[i] + "=" + values[i];
    return out;
}

class Expansion
{
  public:
    Expansion(detail::Section section, Node const& parameters, Canonicaliser const& canonicalise)
        : section_(std::move(section)),
          parameters_(parameters),
          canonicalise_(canonicalise),
          excluded_(section_.exclusions.size(), 0)
    {}

    Grid expand(Mark const& mark)
    {
        first_of_.reserve(points_of(section_.dimensions, mark));
        add_product();
        check_exclusions();
        for (detail::Setting const& point : section_.includes) {
            Run run{{}, parameters_, 0, {}};
            for (auto const& [path, value] : point.assignments)
                run.parameters.assign(path, value);
            finish_run(run, point.texts);
            fold_in(std::move(run));
        }
        grid_.arm_axis = section_.arm_axis;
        for (std::string const& axis : section_.axes)
            grid_.axes.push_back({axis, {}});
        return std::move(grid_);
    }

  private:
    void add_product()
    {
        Odometer odometer(section_.dimensions);
        do {
            std::vector<std::string> listed;
            Run run{{}, parameters_, 0, {}};
            for (std::size_t d = 0; d < section_.dimensions.size(); ++d) {
                detail::Setting const& setting = odometer.setting(d);
                listed.insert(listed.end(), setting.texts.begin(), setting.texts.end());
                for (auto const& [path, value] : setting.assignments)
                    run.parameters.assign(path, value);
            }
            finish_run(run, listed);
            if (!is_excluded(listed, run.values)) fold_in(std::move(run));
        } while (odometer.advance());
    }

    /// Canonicalise, and read back what the axes show.
    void finish_run(Run& run, std::vector<std::string> const& listed) const
    {
        if (canonicalise_) canonicalise_(run.parameters);
        for (std::size_t i = 0; i < section_.axes.size(); ++i) {
            std::string const& axis = section_.axes[i];
            if (axis == section_.arm_axis) {
                run.values.push_back(listed[i]);
                continue;
            }
            Node const* const value = run.parameters.find(axis);
            run.values.push_back(value == nullptr ? "null" : value_text(*value));
        }
    }

    bool is_excluded(std::vector<std::string> const& listed, std::vector<std::string> const& shown)
    {
        bool out = false;
        for (std::size_t e = 0; e < section_.exclusions.size(); ++e) {
            bool const match = std::ranges::all_of(section_.exclusions[e].wanted, [&](auto const& wanted) {
                return listed[wanted.first] == wanted.second || shown[wanted.first] == wanted.second;
            });
            if (match) ++excluded_[e];
            out = out || match;
        }
        return out;
    }

    void check_exclusions() const
    {
        for (std::size_t e = 0; e < excluded_.size(); ++e) {
            if (excluded_[e] == 0)
                throw ConfigError("this exclude matches no point of the grid", section_.exclusions[e].mark, {},
                                  "Check its values against the axes, or remove it");
        }
        if (grid_.runs.empty() && section_.includes.empty())
            throw ConfigError("the grid is empty: exclude drops every point", section_.exclusions.front().mark, {},
                              "Loosen it");
    }

    void fold_in(Run run)
    {
        ++grid_.expanded;
        base::Hasher key;
        key.add(arm_of(run)).add(run.parameters.canonical());
        auto const [found, is_new] = first_of_.emplace(key.finish(), grid_.runs.size());
        if (!is_new) {
            ++grid_.runs[found->second].folded;
            return;
        }
        run.label = label_of(section_.axes, run.values);
        grid_.runs.push_back(std::move(run));
    }

    /// The arms are the last axis.
    std::string arm_of(Run const& run) const { return section_.arm_axis.empty() ? "" : run.values.back(); }

    detail::Section section_;
    Node const& parameters_;
    Canonicaliser const& canonicalise_;
    std::vector<std::size_t> excluded_;  ///< points dropped by each exclusion
    std::unordered_map<base::Fingerprint, std::size_t> first_of_;
    Grid grid_;
};

/// Values wanted per axis.
using Filter = std::map<std::size_t, std::set<std::string>>;

std::vector<std::string> shown_values(Grid const& grid, std::size_t axis)
{
    std::vector<std::string> out;
    std::unordered_set<std::string> seen;
    for (Run const& run : grid.runs) {
        if (seen.insert(run.values[axis]).second) out.push_back(run.values[axis]);
    }
    return out;
}

Filter read_filter(Grid const& grid, std::vector<std::string> const& only)
{
    std::vector<std::string> names;
    for (Axis const& axis : grid.axes)
        names.push_back(axis.name);
    Filter out;
    for (std::string const& text : only) {
        Mark const mark{"--only " + text, 0, 0};
        std::size_t const equals = text.find('=');
        if (equals == std::string::npos)
            throw ConfigError("cannot tell what to keep", mark, {}, "Write --only axis=value, such as --only seed=42");
        if (names.empty()) throw ConfigError("the experiment has no grid to choose from", mark, {}, "Leave it out");
        std::size_t const axis = detail::axis_index(names, std::string{base::trim(text.substr(0, equals))}, mark);
        std::string const value = value_text(config::parse_yaml(text.substr(equals + 1), mark.file));
        auto const values = shown_values(grid, axis);
        if (std::ranges::find(values, value) == values.end()) {
            std::string const hint = base::did_you_mean_hint(value, values);
            throw ConfigError("no run has " + names[axis] + "=" + value, mark, {},
                              (hint.empty() ? "" : hint.substr(1) + " ") + "Its values: " + base::join(values, ", "));
        }
        out[axis].insert(value);
    }
    return out;
}

void keep_only(Grid& grid, std::vector<std::string> const& only)
{
    if (only.empty()) return;
    Filter const filter = read_filter(grid, only);
    std::erase_if(grid.runs, [&filter](Run const& run) {
        return std::ranges::any_of(
            filter, [&run](auto const& wanted) { return !wanted.second.contains(run.values[wanted.first]); });
    });
    if (grid.runs.empty())
        throw ConfigError("no run has all of the wanted values", {"--only " + base::join(only, " --only "), 0, 0}, {},
                          "Each value occurs, but not together: drop one of them");
}

}  // namespace

std::string value_text(Node const& value)
{
    bool const is_text = value.kind() == Node::Kind::scalar && value.scalar_type() == Node::ScalarType::text;
    return is_text ? value.text() : value.canonical();
}

Grid expand(Node const& grid_section, Node const& parameters, std::vector<std::string> const& known_paths,
            Canonicaliser const& canonicalise, std::vector<std::string> const& only)
{
    // "grid:" with nothing below it has a place in the file; a section that is not there has none.
    bool const is_absent = grid_section.kind() == Node::Kind::null && grid_section.mark().line == 0;
    detail::Section section;
    if (!is_absent) section = detail::read_section(grid_section, known_paths);
    Grid grid = Expansion(std::move(section), parameters, canonicalise).expand(grid_section.mark());
    keep_only(grid, only);
    for (std::size_t i = 0; i < grid.axes.size(); ++i)
        grid.axes[i].values = shown_values(grid, i);
    return grid;
}

}  // namespace ablatrix::grid
