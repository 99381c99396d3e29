#include "arguments.hpp"

#include <charconv>
#include <cmath>
#include <sstream>
#include <utility>

#include <boost/program_options.hpp>

#include <ablatrix/base/text.hpp>

namespace po = boost::program_options;

namespace ablatrix::app {

std::string Arguments::get(std::string const& name, std::string const& fallback) const
{
    auto const found = values_.find(name);
    return found == values_.end() || found->second.empty() ? fallback : found->second.back();
}

std::vector<std::string> Arguments::all(std::string const& name) const
{
    auto const found = values_.find(name);
    return found == values_.end() ? std::vector<std::string>{} : found->second;
}

struct ArgumentParser::Impl
{
    struct Positional
    {
        std::string name, help;
        bool required = true;
    };

    std::string usage, description;
    std::vector<std::string> examples;
    po::options_description options{"Options", 100, 60};
    std::vector<std::string> long_names;
    std::vector<std::string> flags;
    std::vector<Positional> positionals;

    void add(std::string const& names, po::value_semantic* semantic, std::string const& help)
    {
        options.add_options()(names.c_str(), semantic, help.c_str());
        long_names.push_back(names.substr(0, names.find(',')));
    }
};

ArgumentParser::ArgumentParser(std::string usage, std::string description, std::vector<std::string> examples)
    : impl_(std::make_unique<Impl>())
{
    impl_->usage = std::move(usage);
    impl_->description = std::move(description);
    impl_->examples = std::move(examples);
    flag("help,h", "show this text");
}
ArgumentParser::~ArgumentParser() = default;
ArgumentParser::ArgumentParser(ArgumentParser&&) noexcept = default;
ArgumentParser& ArgumentParser::operator=(ArgumentParser&&) noexcept = default;

ArgumentParser& ArgumentParser::flag(std::string const& names, std::string const& help)
{
    impl_->options.add_options()(names.c_str(), help.c_str());
    impl_->long_names.push_back(names.substr(0, names.find(',')));
    impl_->flags.push_back(impl_->long_names.back());
    return *this;
}

ArgumentParser& ArgumentParser::value(std::string const& names, std::string const& placeholder, std::string const& help)
{
    impl_->add(names, po::value<std::string>()->value_name(placeholder), help);
    return *this;
}

ArgumentParser& ArgumentParser::repeated(std::string const& names, std::string const& placeholder,
                                         std::string const& help)
{
    impl_->add(names, po::value<std::vector<std::string>>()->value_name(placeholder)->composing(), help);
    return *this;
}

ArgumentParser& ArgumentParser::list(std::string const& names, std::string const& placeholder, std::string const& help)
{
    impl_->add(names, po::value<std::vector<std::string>>()->value_name(placeholder)->multitoken(), help);
    return *this;
}

ArgumentParser& ArgumentParser::positional(std::string const& name, std::string const& help)
{
    impl_->positionals.push_back({name, help, true});
    return *this;
}

ArgumentParser& ArgumentParser::optional_positional(std::string const& name, std::string const& help)
{
    impl_->positionals.push_back({name, help, false});
    return *this;
}

Arguments ArgumentParser::parse(std::vector<std::string> const& words) const
{
    po::options_description all;
    all.add(impl_->options);
    po::positional_options_description order;
    for (auto const& positional : impl_->positionals) {
        all.add_options()(positional.name.c_str(), po::value<std::string>());
        order.add(positional.name.c_str(), 1);
    }

    // Without guessing, "--resum" is an error with a hint instead of a silent abbreviation.
    int const style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    Arguments arguments;
    try {
        auto const parsed = po::command_line_parser(words).options(all).positional(order).style(style).run();
        po::variables_map map;
        po::store(parsed, map);
        for (auto const& [name, value] : map) {
            if (auto const* text = boost::any_cast<std::string>(&value.value())) {
                arguments.values_[name] = {*text};
            }
            else if (auto const* list = boost::any_cast<std::vector<std::string>>(&value.value())) {
                arguments.values_[name] = *list;
            }
            else {
                arguments.values_[name] = {};
            }
        }
    }
    catch (po::unknown_option const& e) {
        std::string name = e.get_option_name();
        std::string const bare =
            name.substr(name.find_first_not_of('-') == std::string::npos ? 0 : name.find_first_not_of('-'));
        std::vector<std::string> candidates;
        for (auto const& known : impl_->long_names)
            candidates.push_back("--" + known);
        throw UsageError("unknown option '" + name + "'." + base::did_you_mean_hint("--" + bare, candidates) +
                         " '--help' lists the options.");
    }
    catch (po::too_many_positional_options_error const&) {
        throw UsageError("too many arguments. Usage: " + impl_->usage);
    }
    catch (po::error const& e) {
        throw UsageError(std::string{e.what()} + ". Usage: " + impl_->usage);
    }
    if (arguments.help_wanted()) return arguments;
    for (auto const& positional : impl_->positionals) {
        if (positional.required && !arguments.has(positional.name)) {
            throw UsageError("missing argument " + positional.name + " (" + positional.help +
                             "). Usage: " + impl_->usage);
        }
    }
    return arguments;
}

std::string ArgumentParser::help() const
{
    std::ostringstream out;
    out << "Usage: " << impl_->usage << "\n\n" << impl_->description << "\n";
    if (!impl_->positionals.empty()) {
        out << "\nArguments:\n";
        for (auto const& positional : impl_->positionals) {
            std::string name = "  " + positional.name;
            name.resize(std::max<std::size_t>(name.size() + 2, 18), ' ');
            out << name << positional.help << "\n";
        }
    }
    out << "\n" << impl_->options;
    if (!impl_->examples.empty()) {
        out << "\nExamples:\n";
        for (auto const& example : impl_->examples)
            out << "  " << example << "\n";
    }
    return out.str();
}

long parse_integer(std::string const& option, std::string const& text, long low, long high)
{
    long value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high) {
        throw UsageError(option + " is '" + text + "', expected a whole number from " + std::to_string(low) + " to " +
                         std::to_string(high) + ".");
    }
    return value;
}

double parse_number(std::string const& option, std::string const& text, double low, double high)
{
    double value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !(value >= low && value <= high)) {
        throw UsageError(option + " is '" + text + "', expected a number from " + base::shortest(low) + " to " +
                         base::shortest(high) + ".");
    }
    return value;
}

unsigned long long parse_bytes(std::string const& option, std::string const& text)
{
    static std::map<std::string, double> const units = {{"", 1},
                                                        {"B", 1},
                                                        {"K", 1024.0},
                                                        {"KiB", 1024.0},
                                                        {"M", 1048576.0},
                                                        {"MiB", 1048576.0},
                                                        {"G", 1073741824.0},
                                                        {"GiB", 1073741824.0},
                                                        {"T", 1099511627776.0},
                                                        {"TiB", 1099511627776.0},
                                                        {"KB", 1e3},
                                                        {"MB", 1e6},
                                                        {"GB", 1e9},
                                                        {"TB", 1e12}};
    double number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    std::string const unit{
        base::trim(std::string_view{end, static_cast<std::size_t>(text.data() + text.size() - end)})};
    auto const factor = units.find(unit);
    if (error != std::errc{} || factor == units.end() || !(number >= 0) || number * factor->second > 1e18) {
        throw UsageError(option + " is '" + text + "', expected a size such as 500MB, 10GiB or 0.");
    }
    return static_cast<unsigned long long>(std::llround(number * factor->second));
}

}  // namespace ablatrix::app
