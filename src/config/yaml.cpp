#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string_view>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <ablatrix/base/text.hpp>
#include <ablatrix/config/node.hpp>

#include "detail/scalar.hpp"

namespace ablatrix::config {

namespace {

constexpr std::size_t deepest = 64;
constexpr std::size_t largest_file_bytes = std::size_t{16} << 20U;
/// YAML itself ends keys at 1024 characters, escapes included; a name needs fewer.
constexpr std::size_t longest_key = 128;
/// What copies made for aliases may hold; each value counts as many bytes as it takes in memory.
constexpr std::size_t largest_expansion_bytes = std::size_t{64} << 20U;
constexpr std::size_t bytes_per_value = 256;

std::size_t expanded_bytes(Node const& node)
{
    std::size_t total = bytes_per_value;
    switch (node.kind()) {
        case Node::Kind::null:
            break;
        case Node::Kind::scalar:
            total += node.text().size();
            break;
        case Node::Kind::sequence:
            for (Node const& item : node.items())
                total += expanded_bytes(item);
            break;
        case Node::Kind::map:
            for (auto const& [key, value] : node.entries())
                total += key.size() + expanded_bytes(value);
            break;
    }
    return total;
}

/// Builds a Node from the parser's events, so that limits hold while reading and every value gets its place.
class Builder : public YAML::EventHandler
{
  public:
    /// Without lines, every mark is just the name of the text ("--set a=b").
    Builder(std::string file, bool has_lines) : file_(std::move(file)), has_lines_(has_lines) {}

    Node take() { return std::move(root_); }
    /// Where the last scalar (or its tag or anchor) begins.
    YAML::Mark const& last_scalar() const noexcept { return last_scalar_; }
    Mark mark_of(YAML::Mark const& mark) const
    {
        if (!has_lines_ || mark.is_null()) return {file_, 0, 0};
        return {file_, mark.line + 1, mark.column + 1};
    }

    void OnDocumentStart(YAML::Mark const& mark) override { root_ = Node::null(mark_of(mark)); }
    void OnDocumentEnd() override {}

    void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override { add(Node::null(mark_of(mark)), anchor); }

    void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override
    {
        auto const found = anchors_.find(anchor);
        if (found == anchors_.end())
            throw ConfigError("an alias stands inside the value that it names", mark_of(mark), {},
                              "Write the value out instead");
        expansion_ += found->second.bytes;
        if (expansion_ > largest_expansion_bytes)
            throw ConfigError(
                "the aliases in this file expand to more than " + base::human_bytes(largest_expansion_bytes),
                mark_of(mark), {}, "Use fewer nested aliases");
        add(found->second.value, 0);
    }

    void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                  std::string const& value) override
    {
        check_tag(tag, mark);
        last_scalar_ = mark;
        bool const quoted = tag != "?" && !tag.empty();
        bool const is_key = !open_.empty() && open_.back().is_map && !open_.back().has_key;
        if (!quoted && !is_key && detail::is_doubtful_boolean(value))
            throw ConfigError("'" + value + "' is a boolean to some YAML readers and text to others", mark_of(mark), {},
                              "Write true or false for a boolean, \"" + value + "\" in quotes for the text");
        add(Node::scalar(value, mark_of(mark), quoted), anchor);
    }

    void OnSequenceStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override
    {
        open(mark, tag, anchor, false);
    }
    void OnSequenceEnd() override
    {
        Open const done = close();
        add(Node::sequence(done.items, done.mark), done.anchor);
    }
    void OnMapStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override
    {
        open(mark, tag, anchor, true);
    }
    void OnMapEnd() override
    {
        Open const done = close();
        add(Node::map(done.entries, done.mark), done.anchor);
    }

  private:
    /// A list or map whose end has not come yet.
    struct Open
    {
        Mark mark;
        YAML::anchor_t anchor = 0;
        bool is_map = false;
        bool has_key = false;
        std::string key;
        Mark key_mark;
        std::map<std::string, Mark, std::less<>> keys;
        std::vector<Node> items;
        std::vector<Node::Entry> entries;
    };
    struct Anchored
    {
        Node value;
        std::size_t bytes = 0;
    };

    void check_tag(std::string const& tag, YAML::Mark const& mark) const
    {
        if (tag.empty() || tag == "?" || tag == "!" || tag == "tag:yaml.org,2002:str") return;
        throw ConfigError("YAML tags such as '" + tag.substr(0, 60) + "' have no meaning here", mark_of(mark), {},
                          "Remove the tag; put text into quotes");
    }

    void open(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor, bool is_map)
    {
        check_tag(tag, mark);
        if (open_.size() >= deepest)
            throw ConfigError("lists and maps are nested more than " + std::to_string(deepest) + " deep", mark_of(mark),
                              {}, "Check the brackets and the indentation");
        if (!open_.empty() && open_.back().is_map && !open_.back().has_key) fail_key(mark_of(mark));
        open_.emplace_back();
        open_.back().mark = mark_of(mark);
        open_.back().anchor = anchor;
        open_.back().is_map = is_map;
    }

    Open close()
    {
        Open done = std::move(open_.back());
        open_.pop_back();
        return done;
    }

    void add(Node node, YAML::anchor_t anchor)
    {
        if (anchor != 0) anchors_[anchor] = {node, expanded_bytes(node)};
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        Open& parent = open_.back();
        if (!parent.is_map) {
            parent.items.push_back(std::move(node));
        }
        else if (!parent.has_key) {
            start_key(parent, node);
        }
        else {
            parent.entries.emplace_back(std::move(parent.key), node.with_key_mark(parent.key_mark));
            parent.has_key = false;
        }
    }

    void start_key(Open& parent, Node const& node)
    {
        if (node.kind() != Node::Kind::scalar) fail_key(node.mark());
        parent.key = node.text();
        if (parent.key.size() > longest_key)
            throw ConfigError("a key of more than " + std::to_string(longest_key) + " bytes", node.mark(), {},
                              "Check the quotes and the indentation around here");
        parent.key_mark = node.mark();
        parent.has_key = true;
        if (parent.key == "<<" && !node.quoted())
            throw ConfigError("merge keys ('<<') are not supported", node.mark(), {}, "Write the values out");
        auto const [known, is_new] = parent.keys.emplace(parent.key, node.mark());
        if (!is_new)
            throw ConfigError("duplicate key '" + parent.key + "', first given at " + known->second.text(), node.mark(),
                              {}, "Remove one of the two");
    }

    [[noreturn]] static void fail_key(Mark const& mark)
    {
        throw ConfigError("a key must be a single word or quoted text", mark, {},
                          "Check the colons and brackets around here");
    }

    std::string file_;
    bool has_lines_;
    Node root_;
    YAML::Mark last_scalar_ = YAML::Mark::null_mark();
    std::vector<Open> open_;
    std::map<YAML::anchor_t, Anchored> anchors_;
    std::size_t expansion_ = 0;
};

std::string advice_for(std::string const& text, int line)
{
    std::istringstream lines(text);
    std::string current;
    for (int i = 1; std::getline(lines, current) && i <= line; ++i) {
        std::size_t const first = current.find_first_not_of(" \t");
        if (current.substr(0, first).find('\t') != std::string::npos)
            return "Line " + std::to_string(i) + " is indented with a tab: use spaces";
    }
    return "Check the indentation, a blank after each colon, and closing brackets and quotes up to this place";
}

/// YAML is text: a zero byte means that this is some other file.
void check_bytes(std::string const& text, std::string const& name, bool has_lines)
{
    std::size_t const at = text.find('\0');
    if (at == std::string::npos) return;
    std::size_t const line_start = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
    auto const line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    Mark mark{name, 0, 0};
    if (has_lines) mark = Mark{name, static_cast<int>(line), static_cast<int>(at - line_start) + 1};
    throw ConfigError("a zero byte: this is not a text file", mark, {}, "Give a YAML file");
}

/// The rest of \p text from a place on; empty when there is no such place.
std::string_view text_from(std::string_view text, YAML::Mark const& mark)
{
    for (int line = 0; line < mark.line; ++line) {
        std::size_t const end = text.find('\n');
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + 1);
    }
    return text.substr(std::min(text.size(), static_cast<std::size_t>(mark.column)));
}

/// Does \p text start with a quoted scalar (perhaps behind tags and anchors) that never ends?
bool is_open_quote(std::string_view text)
{
    while (text.starts_with('&') || text.starts_with('!')) {
        text.remove_prefix(std::min(text.find_first_of(" \t\r\n"), text.size()));
        text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    }
    if (!text.starts_with('"') && !text.starts_with('\'')) return false;
    char const quote = text.front();
    for (std::size_t i = 1; i < text.size(); ++i) {
        bool const escapes = quote == '"' ? text[i] == '\\' : text.substr(i, 2) == "''";
        if (escapes)
            ++i;
        else if (text[i] == quote)
            return false;
    }
    return true;
}

/// yaml-cpp takes the end of the text for the end of a quoted scalar; such a scalar can only be the last one.
void check_last_quote(std::string const& text, Builder const& builder)
{
    YAML::Mark const& mark = builder.last_scalar();
    if (mark.is_null() || !is_open_quote(text_from(text, mark))) return;
    throw ConfigError("malformed YAML: a quote that is never closed", builder.mark_of(mark), {},
                      "Add the closing quote");
}

Node parse(std::string const& text, std::string const& name, bool has_lines)
{
    if (text.size() > largest_file_bytes)
        throw ConfigError("more than " + base::human_bytes(largest_file_bytes) + " of YAML", {name, 0, 0}, {},
                          "Is this an experiment file?");
    check_bytes(text, name, has_lines);
    Builder builder(name, has_lines);
    try {
        std::istringstream stream(text);
        YAML::Parser parser(stream);
        parser.HandleNextDocument(builder);
        check_last_quote(text, builder);
        Node root = builder.take();
        Builder rest(name, has_lines);
        if (parser.HandleNextDocument(rest))
            throw ConfigError("a second YAML document", rest.take().mark(), {}, "Keep one document ('---') to a file");
        return root;
    }
    catch (YAML::Exception const& error) {
        Mark const mark = builder.mark_of(error.mark);
        throw ConfigError("malformed YAML: " + error.msg, mark, {}, advice_for(text, mark.line));
    }
}

}  // namespace

Node parse_yaml(std::string const& text, std::string const& file_name)
{
    return parse(text, file_name, true);
}

Node load_yaml(std::filesystem::path const& file)
{
    std::error_code error;
    if (std::filesystem::is_directory(file, error))
        throw ConfigError("this is a folder, not a file", {file.string(), 0, 0}, {}, "Give the experiment file in it");
    std::ifstream stream(file, std::ios::binary);
    if (!stream)
        throw ConfigError("cannot read the experiment file", {file.string(), 0, 0}, {},
                          "Check that it exists and that you may read it");
    // One byte more than allowed is enough to see that a file is too large.
    std::string text(largest_file_bytes + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return parse_yaml(text, file.string());
}

void apply_set(Node& root, std::string const& assignment)
{
    Mark const mark{"--set " + assignment, 0, 0};
    std::size_t const equals = assignment.find('=');
    std::string const path{base::trim(std::string_view{assignment}.substr(0, equals))};
    if (equals == std::string::npos || path.empty())
        throw ConfigError("cannot tell what to set", mark, {}, "Write --set path=value, such as --set noise.rate=0.2");
    root.assign(path, parse(assignment.substr(equals + 1), mark.file, false));
}

}  // namespace ablatrix::config
