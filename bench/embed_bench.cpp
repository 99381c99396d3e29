// Embeds the lines of a file with nn::Embedder, as stages do, and prints one JSON line: seconds of a repeat (best,
// median; processor time of all threads, mean), rows, tokens. With --out the vectors are kept as raw float32, row after
// row, for a comparison elsewhere.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <ablatrix/nn/encoder.hpp>

namespace {

struct Arguments
{
    std::string model, texts, out;
    int threads = 2, repeats = 3;
};

Arguments parse(int argc, char** argv)
{
    Arguments out;
    for (int i = 1; i + 1 < argc; i += 2) {
        std::string const key = argv[i], value = argv[i + 1];
        if (key == "--model")
            out.model = value;
        else if (key == "--texts")
            out.texts = value;
        else if (key == "--out")
            out.out = value;
        else if (key == "--threads")
            out.threads = std::atoi(value.c_str());
        else if (key == "--repeats")
            out.repeats = std::atoi(value.c_str());
        else
            out.model.clear();
    }
    return out;
}

std::vector<std::string> read_lines(std::string const& file)
{
    std::ifstream in(file);
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);)
        out.push_back(line);
    return out;
}

}  // namespace

int main(int argc, char** argv)
{
    auto const arguments = parse(argc, argv);
    if (arguments.model.empty() || arguments.texts.empty()) {
        std::cerr << "usage: embed_bench --model FOLDER --texts FILE [--threads N] [--repeats N] [--out FILE]\n";
        return 1;
    }
    auto const texts = read_lines(arguments.texts);
    ablatrix::nn::Compute compute;
    compute.threads = arguments.threads;
    auto const embedder = ablatrix::nn::Embedder::load(arguments.model, compute);
    std::vector<double> seconds;
    auto const processor = std::clock();
    std::vector<float> vectors;
    for (int r = 0; r < arguments.repeats; ++r) {
        auto const start = std::chrono::steady_clock::now();
        vectors = embedder.embed(texts);
        seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    double const processor_s = static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC / arguments.repeats;
    std::sort(seconds.begin(), seconds.end());
    if (!arguments.out.empty()) {
        std::ofstream(arguments.out, std::ios::binary)
            .write(reinterpret_cast<char const*>(vectors.data()),
                   static_cast<std::streamsize>(vectors.size() * sizeof(float)));
    }
    auto const tokens = embedder.tokenizer().encode(texts).id.size();
    std::printf(
        "{\"rows\": %zu, \"tokens\": %zu, \"threads\": %d, \"best_s\": %.3f, \"median_s\": %.3f, \"processor_s\": "
        "%.3f}\n",
        texts.size(), tokens, arguments.threads, seconds.front(), seconds[seconds.size() / 2], processor_s);
    return 0;
}
