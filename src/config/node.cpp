#include <ablatrix/config/node.hpp>

#include <algorithm>

#include <ablatrix/base/text.hpp>

#include "detail/scalar.hpp"

namespace ablatrix::config {

namespace {

/// Does \p problem already name \p key, or its last part in quotes?
bool names(std::string const& problem, std::string const& key)
{
    std::string const last = key.substr(key.rfind('.') + 1);
    return problem.find("'" + key + "'") != std::string::npos || problem.find("'" + last + "'") != std::string::npos;
}

std::string message(std::string const& problem, Mark const& mark, std::string const& key, std::string const& way_out)
{
    std::string place = mark.text();
    if (!key.empty() && !names(problem, key)) place += (place.empty() ? "key '" : ", key '") + key + "'";
    std::string out = problem;
    if (!place.empty()) out += " (" + place + ")";
    if (!way_out.empty()) out += ". " + way_out;
    return out;
}

}  // namespace

std::string Mark::text() const
{
    if (line == 0) return file;
    return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

ConfigError::ConfigError(std::string const& problem, Mark mark, std::string key, std::string const& way_out)
    : Error(message(problem, mark, key, way_out)), mark_(std::move(mark)), key_(std::move(key))
{}

ConfigError::ConfigError(Verbatim, std::string const& text, Mark mark, std::string key)
    : Error(text), mark_(std::move(mark)), key_(std::move(key))
{}

ConfigError ConfigError::in(std::string const& context) const
{
    return {Verbatim{}, std::string{what()} + " [" + context + "]", mark_, key_};
}

struct Node::Data
{
    Kind kind = Kind::null;
    Mark mark;
    Mark key_mark;
    bool quoted = false;
    std::string text;
    std::vector<Node> items;
    std::vector<Entry> entries;
};

namespace {

/// May \p text stand plain in YAML, in every place? Cautious: other text is quoted, which means the same.
bool is_plain(std::string_view text)
{
    if (text.empty() || detail::is_null_text(text) || detail::is_doubtful_boolean(text)) return false;
    auto const is_word = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
               c == '/' || c == '-' || c == '+';
    };
    if (text[0] == '-' && detail::classify(text) == Node::ScalarType::text) return false;
    return text != "..." && std::ranges::all_of(text, is_word);
}

void append_scalar(std::string& out, std::string_view text, bool quoted)
{
    bool const needs_quotes = quoted && detail::classify(text) != Node::ScalarType::text;
    if (!needs_quotes && is_plain(text))
        out += text;
    else
        base::append_quoted(out, text);
}

bool is_simple(Node const& node)
{
    switch (node.kind()) {
        case Node::Kind::null:
        case Node::Kind::scalar:
            return true;
        case Node::Kind::sequence:
            return node.items().empty();
        case Node::Kind::map:
            return node.entries().empty();
    }
    return true;
}

void append_flow(std::string& out, Node const& node)
{
    switch (node.kind()) {
        case Node::Kind::null:
            out += "null";
            return;
        case Node::Kind::scalar:
            append_scalar(out, node.text(), node.quoted());
            return;
        case Node::Kind::map:
            out += "{}";
            return;
        case Node::Kind::sequence:
            break;
    }
    out += '[';
    for (std::size_t i = 0; i < node.items().size(); ++i) {
        if (i > 0) out += ", ";
        append_flow(out, node.items()[i]);
    }
    out += ']';
}

/// On one line: scalars, and lists of simple things.
bool fits_one_line(Node const& node)
{
    return is_simple(node) || (node.kind() == Node::Kind::sequence && std::ranges::all_of(node.items(), is_simple));
}

void append_block(std::string& out, Node const& node, int depth);

/// " value\n" or "\n" and an indented block.
void append_value(std::string& out, Node const& node, int depth)
{
    if (fits_one_line(node)) {
        out += ' ';
        append_flow(out, node);
        out += '\n';
        return;
    }
    out += '\n';
    append_block(out, node, depth);
}

void append_block(std::string& out, Node const& node, int depth)
{
    std::string const indent(static_cast<std::size_t>(2 * depth), ' ');
    if (node.kind() == Node::Kind::map) {
        for (auto const& [key, value] : node.entries()) {
            out += indent;
            append_scalar(out, key, false);
            out += ':';
            append_value(out, value, depth + 1);
        }
        return;
    }
    for (Node const& item : node.items()) {
        out += indent + "-";
        append_value(out, item, depth + 1);
    }
}

void append_canonical(std::string& out, Node const& node)
{
    switch (node.kind()) {
        case Node::Kind::null:
            out += "null";
            return;
        case Node::Kind::scalar:
            switch (node.scalar_type()) {
                case Node::ScalarType::boolean:
                    out += node.text();
                    return;
                case Node::ScalarType::integer:
                case Node::ScalarType::real:
                    out += detail::canonical_number(node.text());
                    return;
                case Node::ScalarType::text:
                    base::append_quoted(out, node.text());
                    return;
            }
            return;
        case Node::Kind::sequence:
            out += '[';
            for (std::size_t i = 0; i < node.items().size(); ++i) {
                if (i > 0) out += ',';
                append_canonical(out, node.items()[i]);
            }
            out += ']';
            return;
        case Node::Kind::map:
            break;
    }
    std::vector<Node::Entry const*> sorted;
    for (auto const& entry : node.entries())
        sorted.push_back(&entry);
    std::ranges::sort(sorted, {}, [](Node::Entry const* entry) -> std::string const& { return entry->first; });
    out += '{';
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        if (i > 0) out += ',';
        base::append_quoted(out, sorted[i]->first);
        out += ':';
        append_canonical(out, sorted[i]->second);
    }
    out += '}';
}

}  // namespace

Node Node::null(Mark mark)
{
    auto data = std::make_shared<Data>();
    data->mark = std::move(mark);
    data->key_mark = data->mark;
    return Node{std::move(data)};
}

Node Node::scalar(std::string text, Mark mark, bool quoted)
{
    Node out = null(std::move(mark));
    Data& data = out.edit();
    data.kind = Kind::scalar;
    data.quoted = quoted || detail::is_null_text(text) || detail::is_doubtful_boolean(text);
    data.text = std::move(text);
    return out;
}

Node Node::sequence(std::vector<Node> items, Mark mark)
{
    Node out = null(std::move(mark));
    Data& data = out.edit();
    data.kind = Kind::sequence;
    data.items = std::move(items);
    return out;
}

Node Node::map(std::vector<Entry> entries, Mark mark)
{
    Node out = null(std::move(mark));
    Data& data = out.edit();
    data.kind = Kind::map;
    data.entries = std::move(entries);
    return out;
}

Node::Data& Node::edit()
{
    if (!data_)
        data_ = std::make_shared<Data>();
    else if (data_.use_count() > 1)
        data_ = std::make_shared<Data>(*data_);
    return const_cast<Data&>(*data_);  // made non-const above or by the factories, and shared with nobody
}

Node Node::with_key_mark(Mark mark) const
{
    Node out = *this;
    out.edit().key_mark = std::move(mark);
    return out;
}

Node::Kind Node::kind() const noexcept
{
    return data_ ? data_->kind : Kind::null;
}

Mark const& Node::mark() const noexcept
{
    static Mark const nowhere;
    return data_ ? data_->mark : nowhere;
}

Mark const& Node::key_mark() const noexcept
{
    return data_ ? data_->key_mark : mark();
}

bool Node::quoted() const noexcept
{
    return data_ && data_->quoted;
}

std::string const& Node::text() const
{
    if (kind() != Kind::scalar) throw ConfigError("expected a single value, found " + describe(), mark());
    return data_->text;
}

Node::ScalarType Node::scalar_type() const
{
    std::string const& raw = text();
    return quoted() ? ScalarType::text : detail::classify(raw);
}

std::vector<Node> const& Node::items() const
{
    static std::vector<Node> const none;
    if (kind() == Kind::null) return none;
    if (kind() != Kind::sequence) throw ConfigError("expected a list, found " + describe(), mark());
    return data_->items;
}

std::vector<Node::Entry> const& Node::entries() const
{
    static std::vector<Entry> const none;
    if (kind() == Kind::null) return none;
    if (kind() != Kind::map) throw ConfigError("expected a map of keys and values, found " + describe(), mark());
    return data_->entries;
}

Node const* Node::find(std::string_view path) const
{
    if (path.empty()) return this;
    if (kind() != Kind::map) return nullptr;
    std::string_view const first = path.substr(0, path.find('.'));
    Node const* below = nullptr;
    for (auto const& [key, value] : data_->entries) {
        if (key == path) return &value;
        if (key == first) below = &value;
    }
    return below == nullptr ? nullptr : below->find(path.substr(first.size() + 1));
}

void Node::assign(std::string_view path, Node value)
{
    std::string_view const first = path.substr(0, path.find('.'));
    bool const is_last = first.size() == path.size();
    bool const has_gap = first.empty() || path.ends_with('.') || path.find("..") != std::string_view::npos;
    if (has_gap)
        throw ConfigError("'" + std::string{path} + "' is not a dotted path", value.mark(), {},
                          "Write names with single dots between them, such as noise.rate");
    if (kind() != Kind::map && kind() != Kind::null)
        throw ConfigError("cannot set '" + std::string{path} + "' inside " + describe(), value.mark(), {},
                          "Give the path of a value, or set the whole of it");
    Data& data = edit();
    data.kind = Kind::map;
    auto found = std::ranges::find(data.entries, path, &Entry::first);
    bool const is_here = is_last || found != data.entries.end();
    if (!is_here) found = std::ranges::find(data.entries, first, &Entry::first);
    if (found == data.entries.end()) {
        data.entries.emplace_back(std::string{first}, Node{});
        found = std::prev(data.entries.end());
    }
    if (is_here)
        found->second = std::move(value);
    else
        found->second.assign(path.substr(first.size() + 1), std::move(value));
}

void Node::merge(Node const& other)
{
    if (kind() != Kind::map || other.kind() != Kind::map) {
        *this = other;
        return;
    }
    Node const overlay = other;  // keeps the entries alive when other is part of this
    Data& data = edit();
    for (auto const& [key, value] : overlay.entries()) {
        auto const found = std::ranges::find(data.entries, key, &Entry::first);
        if (found == data.entries.end())
            data.entries.emplace_back(key, value);
        else
            found->second.merge(value);
    }
}

std::string Node::describe() const
{
    switch (kind()) {
        case Kind::null:
            return "nothing";
        case Kind::sequence:
            return "a list";
        case Kind::map:
            return "a map";
        case Kind::scalar:
            break;
    }
    std::string const& raw = text();
    std::string const shown = raw.size() <= 60 ? raw : raw.substr(0, 57) + "...";
    switch (scalar_type()) {
        case ScalarType::boolean:
            return shown;
        case ScalarType::integer:
        case ScalarType::real:
            return "the number " + shown;
        case ScalarType::text:
            break;
    }
    return "the text '" + shown + "'";
}

std::string Node::to_yaml() const
{
    std::string out;
    if (fits_one_line(*this)) {
        append_flow(out, *this);
        return out + "\n";
    }
    append_block(out, *this, 0);
    return out;
}

std::string Node::canonical() const
{
    std::string out;
    append_canonical(out, *this);
    return out;
}

}  // namespace ablatrix::config
