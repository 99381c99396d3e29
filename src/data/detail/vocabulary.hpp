#pragma once

#include <array>
#include <string_view>

/// \file
/// Words of the synthetic reviews. Every entry is one word, so that a sentence's length is known beforehand, and no
/// class word stands in two lists.

namespace ablatrix::data::detail {

using namespace std::string_view_literals;

inline constexpr std::array negative_words{
    "awful"sv,     "bland"sv,     "boring"sv,    "broken"sv,   "careless"sv,   "cheap"sv,       "clumsy"sv,
    "cold"sv,      "confusing"sv, "cramped"sv,   "crude"sv,    "damaged"sv,    "dirty"sv,       "dismal"sv,
    "dreadful"sv,  "dull"sv,      "faulty"sv,    "feeble"sv,   "flawed"sv,     "forgettable"sv, "frustrating"sv,
    "gloomy"sv,    "grim"sv,      "hollow"sv,    "horrible"sv, "inferior"sv,   "irritating"sv,  "lazy"sv,
    "lifeless"sv,  "messy"sv,     "miserable"sv, "muddled"sv,  "noisy"sv,      "overpriced"sv,  "pathetic"sv,
    "pointless"sv, "poor"sv,      "rude"sv,      "shabby"sv,   "shallow"sv,    "sloppy"sv,      "slow"sv,
    "stale"sv,     "tedious"sv,   "terrible"sv,  "tiresome"sv, "unpleasant"sv, "unreliable"sv,  "useless"sv,
    "weak"sv};

inline constexpr std::array positive_words{
    "amazing"sv,     "beautiful"sv,  "brilliant"sv,  "charming"sv,   "clean"sv,     "clever"sv,     "comfortable"sv,
    "convincing"sv,  "cosy"sv,       "delightful"sv, "elegant"sv,    "enjoyable"sv, "excellent"sv,  "exceptional"sv,
    "fascinating"sv, "fresh"sv,      "friendly"sv,   "generous"sv,   "gentle"sv,    "graceful"sv,   "great"sv,
    "helpful"sv,     "impressive"sv, "inspired"sv,   "lively"sv,     "lovely"sv,    "memorable"sv,  "neat"sv,
    "outstanding"sv, "perfect"sv,    "pleasant"sv,   "polished"sv,   "quick"sv,     "refreshing"sv, "reliable"sv,
    "rich"sv,        "satisfying"sv, "sharp"sv,      "skilful"sv,    "smooth"sv,    "solid"sv,      "spotless"sv,
    "stunning"sv,    "superb"sv,     "sturdy"sv,     "thoughtful"sv, "touching"sv,  "vivid"sv,      "warm"sv,
    "wonderful"sv};

/// What opinions are about.
inline constexpr std::array subject_words{
    "atmosphere"sv, "building"sv, "choice"sv,  "colour"sv,  "corner"sv,   "cover"sv,   "crew"sv,   "design"sv,
    "detail"sv,     "dialogue"sv, "ending"sv,  "evening"sv, "finish"sv,   "food"sv,    "front"sv,  "garden"sv,
    "idea"sv,       "interior"sv, "layout"sv,  "light"sv,   "material"sv, "meal"sv,    "menu"sv,   "music"sv,
    "opening"sv,    "pace"sv,     "package"sv, "plan"sv,    "plot"sv,     "product"sv, "report"sv, "result"sv,
    "room"sv,       "scene"sv,    "script"sv,  "service"sv, "shape"sv,    "show"sv,    "song"sv,   "sound"sv,
    "staff"sv,      "story"sv,    "style"sv,   "surface"sv, "team"sv,     "tour"sv,    "trip"sv,   "view"sv,
    "voice"sv,      "website"sv};

/// Adjectives that say nothing about a topic.
inline constexpr std::array neutral_words{
    "average"sv,  "basic"sv, "big"sv,     "common"sv,  "current"sv, "different"sv, "first"sv, "large"sv,
    "last"sv,     "main"sv,  "modern"sv,  "new"sv,     "next"sv,    "normal"sv,    "old"sv,   "original"sv,
    "other"sv,    "plain"sv, "recent"sv,  "regular"sv, "second"sv,  "simple"sv,    "small"sv, "special"sv,
    "standard"sv, "third"sv, "typical"sv, "unusual"sv, "usual"sv,   "whole"sv};

inline constexpr std::array intensity_words{"rather"sv,   "very"sv,  "quite"sv,        "really"sv,
                                            "somewhat"sv, "truly"sv, "fairly"sv,       "mostly"sv,
                                            "often"sv,    "still"sv, "surprisingly"sv, "always"sv};

struct Topic
{
    std::string_view name;
    std::array<std::string_view, 20> words;
};

inline constexpr std::array<Topic, 10> topics{{
    {"camera", {"lens",      "shutter", "tripod",    "flash", "zoom",      "aperture",  "viewfinder",
                "autofocus", "sensor",  "exposure",  "bokeh", "megapixel", "telephoto", "hotshoe",
                "strap",     "filter",  "histogram", "raw",   "macro",     "stabiliser"}},
    {"hotel", {"lobby",    "reception", "concierge", "suite",    "minibar", "housekeeping", "elevator",
               "balcony",  "mattress",  "pillow",    "corridor", "buffet",  "sauna",        "towel",
               "checkout", "bellboy",   "doorman",   "bathrobe", "upgrade", "booking"}},
    {"book", {"chapter",  "author",   "novel",     "paragraph", "prologue",  "epilogue", "paperback",
              "narrator", "footnote", "publisher", "sequel",    "hardcover", "bookmark", "page",
              "preface",  "glossary", "library",   "poem",      "memoir",    "heroine"}},
    {"phone", {"touchscreen", "charger",   "ringtone",  "app",          "headset",    "sim",      "dialler",
               "handset",     "bluetooth", "voicemail", "notification", "homescreen", "earpiece", "antenna",
               "contract",    "roaming",   "keypad",    "selfie",       "emoji",      "hotspot"}},
    {"restaurant", {"waiter",      "chef",       "dessert", "starter", "soup",  "steak",     "wine",
                    "napkin",      "tablecloth", "sauce",   "pasta",   "salad", "appetiser", "kitchen",
                    "reservation", "tip",        "risotto", "cutlery", "oven",  "cocktail"}},
    {"shoes",
     {"sole",   "heel", "lace",      "insole", "leather",    "suede",   "sneaker", "ankle",  "toe",    "arch",
      "sandal", "boot", "stitching", "eyelet", "cushioning", "blister", "tread",   "loafer", "polish", "slipper"}},
    {"game", {"joystick",    "level",      "boss",        "quest",   "multiplayer", "respawn",   "avatar",
              "console",     "puzzle",     "loot",        "dungeon", "checkpoint",  "inventory", "cutscene",
              "achievement", "controller", "leaderboard", "arena",   "opponent",    "tutorial"}},
    {"car", {"engine",   "gearbox",  "clutch",  "brake",     "windscreen", "bumper",   "dashboard",
             "tyre",     "bonnet",   "mileage", "headlight", "suspension", "steering", "exhaust",
             "seatbelt", "motorway", "diesel",  "sedan",     "throttle",   "airbag"}},
    {"garden", {"spade",      "seedling", "hedge",      "lawn",      "mower",       "compost", "trowel",
                "greenhouse", "pruning",  "fertiliser", "flowerbed", "sprinkler",   "rake",    "weed",
                "mulch",      "orchard",  "tulip",      "hose",      "wheelbarrow", "shrub"}},
    {"concert", {"drummer",   "guitarist", "encore",    "setlist", "stage",  "amplifier", "choir",
                 "orchestra", "violin",    "conductor", "chorus",  "melody", "audience",  "microphone",
                 "bassist",   "soloist",   "overture",  "venue",   "ballad", "rehearsal"}},
}};

}  // namespace ablatrix::data::detail
