// How fast are texts turned into token ids? Prints one JSON object; run_tokenizer.sh puts it beside the reference
// library.
//
//     tokenizer_bench MODEL_FOLDER LINES [--threads N] [--offsets] [--calls N]
//
// LINES is a file with a text before the first tab of each line. Loading is not counted; the first call starts with
// empty caches, the others find the words of the first.

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/text/tokenizer.hpp>

using namespace ablatrix;

namespace {

std::vector<std::string> read_texts(std::string const& file)
{
    std::ifstream stream(file);
    ABLATRIX_VALIDATE(stream.good(), "cannot open " + file);
    std::vector<std::string> texts;
    for (std::string line; std::getline(stream, line);)
        texts.push_back(line.substr(0, line.find('\t')));
    return texts;
}

double seconds_since(std::chrono::steady_clock::time_point begin)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void measure(std::vector<std::string> const& arguments)
{
    ABLATRIX_VALIDATE(arguments.size() >= 2,
                      "usage: tokenizer_bench MODEL_FOLDER LINES [--threads N] [--offsets] [--calls N]");
    text::EncodeOptions options;
    int calls = 2;
    for (std::size_t i = 2; i < arguments.size(); ++i) {
        if (arguments[i] == "--offsets") options.offsets = true;
        if (arguments[i] == "--threads") options.threads = std::stoi(arguments.at(i + 1));
        if (arguments[i] == "--calls") calls = std::stoi(arguments.at(i + 1));
    }
    auto const texts = read_texts(arguments[1]);
    auto const tokenizer = text::Tokenizer::load(arguments[0]);
    std::string seconds;
    std::size_t tokens = 0;
    for (int call = 0; call < calls; ++call) {
        auto const begin = std::chrono::steady_clock::now();
        tokens = tokenizer.encode(texts, options).id.size();
        seconds += (seconds.empty() ? "" : ", ") + std::to_string(seconds_since(begin));
    }
    std::printf(
        "{\"system\": \"ablatrix\", \"threads\": %d, \"offsets\": %s, \"texts\": %zu, \"tokens\": %zu, \"seconds\": "
        "[%s]}\n",
        options.threads, options.offsets ? "true" : "false", texts.size(), tokens, seconds.c_str());
}

}  // namespace

int main(int count, char** values)
{
    try {
        measure({values + 1, values + count});
    }
    catch (std::exception const& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
