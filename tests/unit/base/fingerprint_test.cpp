#include <ablatrix/base/fingerprint.hpp>

#include <span>
#include <string>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::base {

// XXH3-128 of these texts as xxHash's own command line program prints them (xxhsum -H2).
TEST(Fingerprint, is_xxh3_of_the_bytes)
{
    EXPECT_EQ(fingerprint_of("").text(), "99aa06d3014798d86001c324468d497f");
    EXPECT_EQ(fingerprint_of("abc").text(), "06b05ab6733a618578af5f94892f3950");
    std::string const text = "abc";
    EXPECT_EQ(fingerprint_of(std::as_bytes(std::span{text})), fingerprint_of("abc"));
    EXPECT_EQ(checksum_of({}), 0x2d06800538d394c2U);
}

TEST(Fingerprint, text_reads_back)
{
    Fingerprint const value{0x0123456789abcdef, 0x00000000000000ff};
    EXPECT_EQ(value.text(), "0123456789abcdef00000000000000ff");
    EXPECT_EQ(Fingerprint::parse(value.text()), value);
    EXPECT_EQ(Fingerprint::parse("0123456789ABCDEF00000000000000FF"), value);
}

TEST(Fingerprint, refuses_anything_but_32_digits)
{
    for (std::string const bad : {"", "0123", "0123456789abcdef00000000000000fg", "-123456789abcdef00000000000000ff0",
                                  "0123456789abcdef 0000000000000ff", "0123456789abcdef00000000000000ff0"})
        EXPECT_THROW(Fingerprint::parse(bad), Error) << bad;
}

TEST(Hasher, frames_its_parts)
{
    EXPECT_NE(Hasher{}.add("ab").add("c").finish(), Hasher{}.add("a").add("bc").finish());
    EXPECT_NE(Hasher{}.add("ab").finish(), Hasher{}.add("ab").add("").finish());
    EXPECT_EQ(Hasher{}.add("ab").add(7).finish(), Hasher{}.add("ab").add(7).finish());
    EXPECT_NE(Hasher{}.add(7).finish(), Hasher{}.add(8).finish());
    Fingerprint const one{1, 2}, other{2, 1};
    EXPECT_NE(Hasher{}.add(one).finish(), Hasher{}.add(other).finish());
}

}  // namespace ablatrix::base
