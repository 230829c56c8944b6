// SPDX-License-Identifier: Apache-2.0
// How does a loss curve look in a terminal? Braille dots, two by four per character.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace greylag {

// Lines of text: `height` rows of `width` characters with the scale at the left. Values that are
// not finite are skipped; empty when fewer than two remain.
std::string draw_curve(const std::vector<double>& values, size_t width, size_t height);

// "[#####-----]"-like bar of blocks, `width` characters, share in 0..1.
std::string draw_bar(double share, size_t width);

}  // namespace greylag
