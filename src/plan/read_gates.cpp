#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include <ablatrix/base/text.hpp>
#include <ablatrix/config/reader.hpp>
#include <ablatrix/grid/grid.hpp>
#include <ablatrix/plan/gates.hpp>

namespace ablatrix::plan {

namespace {

using config::ConfigError;
using config::Node;

constexpr std::array<std::pair<char const*, stats::GateOp>, 6> operators = {{{"<", stats::GateOp::less},
                                                                             {"<=", stats::GateOp::less_equal},
                                                                             {"≤", stats::GateOp::less_equal},
                                                                             {">", stats::GateOp::greater},
                                                                             {">=", stats::GateOp::greater_equal},
                                                                             {"≥", stats::GateOp::greater_equal}}};

std::vector<std::string> const functions = {"seed_sd", "difference"};

std::string trimmed(std::string_view text)
{
    return std::string{base::trim(text)};
}

/// The quantity of one rule; errors stand at its place.
class QuantityReader
{
  public:
    explicit QuantityReader(config::Reader const& reader) : reader_(reader) {}

    GateQuantity read(std::string const& text)
    {
        GateQuantity quantity;
        auto const open = text.find('(');
        if (open == std::string::npos) {
            quantity.name = name_of(text);
            return quantity;
        }
        if (!text.ends_with(")")) fail("the quantity '" + text + "' does not end with its closing bracket");
        std::string const function = trimmed(std::string_view{text}.substr(0, open));
        auto const words = base::split(std::string_view{text}.substr(open + 1, text.size() - open - 2), ',');
        quantity.name = name_of(words[0]);
        if (function == "seed_sd") {
            quantity.statistic = GateStatistic::seed_sd;
            if (words.size() > 1) fail("seed_sd takes one name, found '" + text + "'");
        }
        else if (function == "difference") {
            quantity.statistic = GateStatistic::difference;
            if (words.size() > 2) fail("difference takes a name and one side to compare with, found '" + text + "'");
            if (words.size() == 2) read_side(words[1], quantity);
        }
        else {
            fail("unknown function '" + function + "'." + base::did_you_mean_hint(function, functions));
        }
        return quantity;
    }

  private:
    void read_side(std::string const& word, GateQuantity& quantity)
    {
        auto const equals = word.find('=');
        std::string const side = trimmed(std::string_view{word}.substr(0, equals));
        std::string const name = equals == std::string::npos ? "" : trimmed(std::string_view{word}.substr(equals + 1));
        if ((side != "arm" && side != "method") || name.empty())
            fail("difference is from 'arm=NAME' or 'method=NAME', found '" + trimmed(word) + "'");
        (side == "arm" ? quantity.against_arm : quantity.against_method) = name;
    }

    std::string name_of(std::string_view word)
    {
        std::string const name = trimmed(word);
        if (name.empty() || name.find_first_of("(),=") != std::string::npos)
            fail("the quantity names no metric and no per-run number");
        return name;
    }

    [[noreturn]] void fail(std::string const& problem)
    {
        reader_.fail("quantity", problem,
                     "Write auroc (mean over seeds), seed_sd(auroc), difference(auroc), difference(auroc, arm=NAME) or "
                     "difference(auroc, method=NAME)");
    }

    config::Reader const& reader_;
};

std::string where_value(Node const& value, std::string const& path)
{
    bool const is_scalar = value.kind() == Node::Kind::scalar;
    if (is_scalar) return value.quoted() ? value.text() : grid::value_text(value);
    throw ConfigError("expected one value, found " + value.describe(), value.mark(), path,
                      "Write flat keys, as in noise.rate: 0.1; '*' takes each value, a list several");
}

std::vector<std::pair<std::string, std::string>> read_where(Node const* where, std::string const& path)
{
    std::vector<std::pair<std::string, std::string>> out;
    if (where == nullptr) return out;
    if (where->kind() != Node::Kind::map)
        throw ConfigError("expected a map of keys and values, found " + where->describe(), where->mark(), path,
                          "Write where: {method: NAME}");
    for (auto const& [key, value] : where->entries()) {
        std::string const place = path + "." + key;
        if (value.kind() != Node::Kind::sequence) {
            out.emplace_back(key, where_value(value, place));
            continue;
        }
        if (value.items().empty()) throw ConfigError("the list is empty", value.mark(), place, "Remove the key");
        for (Node const& item : value.items())
            out.emplace_back(key, where_value(item, place));
    }
    return out;
}

class GateReader
{
  public:
    GateReader(Node const& node, std::string path, double level)
        : path_(std::move(path)), reader_(checked(node, path_), path_), level_(level)
    {
        gate_.written = node;
    }

    Gate read()
    {
        auto& rule = gate_.rule;
        rule.id = reader_.get("id", "");
        rule.quantity = reader_.get("quantity", "");
        rule.where = read_where(reader_.raw("where"), path_ + ".where");
        auto const op = reader_.get("op", "");
        auto const threshold = reader_.find<double>("threshold");
        rule.mode = stats::gate_mode(reader_.choice("mode", "ci", {"ci", "test", "equiv", "point"}));
        rule.level = reader_.number("level", level_, 0.5001, 0.9999);
        rule.scope = stats::gate_scope(reader_.choice("scope", "all_of", {"all_of", "any_of"}));
        rule.family = reader_.get("family", "");
        auto& need = reader_.child("need");
        rule.min_seeds = need.integer("min_seeds", 0, 0, 1'000'000);
        rule.min_groups = need.integer("min_groups", 0, 0, 1'000'000'000);
        rule.ddof = static_cast<int>(need.integer("ddof", 1, 0, 1));
        // Before what is missing is missed: it may just be spelled wrong.
        reader_.finish();
        check_present(op, threshold.has_value());
        gate_.quantity = QuantityReader(reader_).read(rule.quantity);
        read_comparison(op, threshold);
        return std::move(gate_);
    }

  private:
    static Node const& checked(Node const& node, std::string const& path)
    {
        if (node.kind() == Node::Kind::map) return node;
        throw ConfigError("expected a gate, found " + node.describe(), node.mark(), path,
                          "Write {id: NAME, quantity: auroc, op: \">=\", threshold: 0.8}");
    }

    void check_present(std::string const& op, bool has_threshold)
    {
        bool const is_test = gate_.rule.mode == stats::GateMode::test;
        bool const is_equiv = gate_.rule.mode == stats::GateMode::equiv;
        if (gate_.rule.id.empty()) reader_.fail("id", "a gate without an id", "Add 'id: NAME'");
        if (gate_.rule.quantity.empty()) reader_.fail("quantity", "a gate without a quantity", "Add 'quantity: auroc'");
        if (op.empty() && !is_equiv) reader_.fail("op", "a gate without an operator", "Add 'op: \">=\"', with quotes");
        if (!has_threshold && !is_test) reader_.fail("threshold", "a gate without a threshold", "Add 'threshold: 0.8'");
    }

    void read_comparison(std::string const& op, std::optional<double> threshold)
    {
        auto& rule = gate_.rule;
        bool const is_test = rule.mode == stats::GateMode::test;
        bool const is_equiv = rule.mode == stats::GateMode::equiv;
        if ((is_test || is_equiv) && gate_.quantity.statistic != GateStatistic::difference)
            reader_.fail("mode", "mode " + std::string{name_of(rule.mode)} + " is about a difference",
                         "Use mode ci, or a quantity such as difference(auroc)");
        rule.op = stats::GateOp::less;
        if (!op.empty()) {
            auto const found =
                std::ranges::find(operators, op, [](auto const& entry) { return std::string{entry.first}; });
            if (found == operators.end())
                reader_.fail("op", "unknown operator '" + op + "'", "Use \"<\", \"<=\", \">\" or \">=\", with quotes");
            rule.op = found->second;
        }
        rule.threshold = threshold.value_or(0);
        if (is_test && rule.threshold != 0)
            reader_.fail("threshold", "mode test asks on which side of 0 a difference lies",
                         "Remove the threshold, or use mode ci");
        if (is_equiv && rule.op != stats::GateOp::less)
            reader_.fail("op", "equivalence is a difference smaller than the threshold",
                         "Use op \"<\", or leave it out");
        if (is_equiv && !(rule.threshold > 0))
            reader_.fail("threshold", "the margin of an equivalence must be above 0",
                         "Give the largest difference "
                         "that does not matter");
    }

    std::string path_;
    config::Reader reader_;
    double level_;
    Gate gate_;
};

Node text_node(std::string const& text)
{
    return Node::scalar(text, {}, true);
}

Node number_node(double value)
{
    return Node::scalar(base::shortest(value), {});
}

Node where_node(std::vector<std::pair<std::string, std::string>> const& where)
{
    std::vector<Node::Entry> entries;
    for (auto const& [key, value] : where) {
        if (entries.empty() || entries.back().first != key) {
            entries.emplace_back(key, Node::sequence({text_node(value)}, {}));
            continue;
        }
        auto values = entries.back().second.items();
        values.push_back(text_node(value));
        entries.back().second = Node::sequence(std::move(values), {});
    }
    return Node::map(std::move(entries), {});
}

}  // namespace

std::vector<Gate> read_gates(Node const& section, double level)
{
    if (section.kind() != Node::Kind::sequence && section.kind() != Node::Kind::null)
        throw ConfigError("expected a list of gates, found " + section.describe(), section.mark(), "gates",
                          "Write one gate a line after '- '");
    std::vector<Gate> gates;
    for (std::size_t i = 0; i < section.items().size(); ++i) {
        Node const& node = section.items()[i];
        Gate gate = GateReader(node, "gates[" + std::to_string(i) + "]", level).read();
        auto const same = std::ranges::find(gates, gate.rule.id, [](Gate const& other) { return other.rule.id; });
        if (same != gates.end())
            throw ConfigError("two gates have the id '" + gate.rule.id + "', first given at " +
                                  same->written.find("id")->mark().text(),
                              node.find("id")->mark(), "gates[" + std::to_string(i) + "].id", "Name them differently");
        gates.push_back(std::move(gate));
    }
    return gates;
}

std::vector<Gate> read_gate_file(Node const& file, double level)
{
    if (file.kind() == Node::Kind::sequence) return read_gates(file, level);
    Node const* const section = file.kind() == Node::Kind::map ? file.find("gates") : nullptr;
    if (section == nullptr)
        throw ConfigError("no gates in this file", file.mark(), {},
                          "Write a list under 'gates:', or a list alone; see docs/experiment-file.md");
    return read_gates(*section, level);
}

Node to_node(std::vector<Gate> const& gates)
{
    std::vector<Node> items;
    for (Gate const& gate : gates) {
        auto const& rule = gate.rule;
        items.push_back(
            Node::map({{"id", text_node(rule.id)},
                       {"quantity", text_node(rule.quantity)},
                       {"where", where_node(rule.where)},
                       {"op", text_node(std::string{name_of(rule.op)})},
                       {"threshold", number_node(rule.threshold)},
                       {"mode", text_node(std::string{name_of(rule.mode)})},
                       {"level", number_node(rule.level)},
                       {"need", Node::map({{"min_seeds", number_node(static_cast<double>(rule.min_seeds))},
                                           {"min_groups", number_node(static_cast<double>(rule.min_groups))},
                                           {"ddof", number_node(rule.ddof)}},
                                          {})},
                       {"scope", text_node(std::string{name_of(rule.scope)})},
                       {"family", text_node(rule.family)}},
                      {}));
    }
    return Node::sequence(std::move(items), {});
}

}  // namespace ablatrix::plan
