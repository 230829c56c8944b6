// SPDX-License-Identifier: GPL-3.0-or-later
// Every colour, distance and letter size of the window. Sizes of text follow the user's scale.
pragma Singleton
import QtQuick
import Greylag

QtObject {
    readonly property bool isDark: AppSettings.isDark

    readonly property color background: isDark ? "#101317" : "#f5f6f8"
    readonly property color rail: isDark ? "#15191e" : "#eceef2"
    readonly property color surface: isDark ? "#1a1f25" : "#ffffff"
    readonly property color surfaceRaised: isDark ? "#222830" : "#ffffff"
    readonly property color field: isDark ? "#12161b" : "#ffffff"
    readonly property color subtle: isDark ? "#232a32" : "#eef1f4"
    readonly property color hover: isDark ? "#2a323b" : "#e4e8ed"
    readonly property color pressed: isDark ? "#333c46" : "#d8dde4"
    readonly property color border: isDark ? "#2c343d" : "#dde2e8"
    readonly property color borderStrong: isDark ? "#48535f" : "#aab3bf"

    readonly property color text: isDark ? "#e9edf1" : "#161b21"
    readonly property color textMuted: isDark ? "#a0abb8" : "#566270"
    readonly property color textFaint: isDark ? "#7c8896" : "#717d8b"

    readonly property color accent: isDark ? "#5cb8cf" : "#17697f"
    readonly property color accentHover: isDark ? "#76c7db" : "#125a6d"
    readonly property color accentPressed: isDark ? "#4aa7be" : "#0e4a5a"
    readonly property color accentText: isDark ? "#06242c" : "#ffffff"
    readonly property color accentSoft: isDark ? "#18333b" : "#dff0f4"
    readonly property color warm: isDark ? "#e8a35c" : "#b8641b"
    readonly property color warmSoft: isDark ? "#3a2b1b" : "#fbeddd"
    readonly property color good: isDark ? "#6cc08b" : "#1f7a46"
    readonly property color goodSoft: isDark ? "#1a3325" : "#def3e6"
    readonly property color bad: isDark ? "#f08a83" : "#b3302b"
    readonly property color badSoft: isDark ? "#3c201f" : "#fbe4e2"
    readonly property color focus: isDark ? "#8bd3e6" : "#17697f"
    readonly property color shade: isDark ? "#a6000000" : "#66101820"
    readonly property color codeBackground: isDark ? "#12161b" : "#f2f4f7"

    readonly property int xs: 4
    readonly property int s: 8
    readonly property int m: 12
    readonly property int l: 16
    readonly property int xl: 24
    readonly property int xxl: 36

    readonly property int radiusSmall: 6
    readonly property int radius: 9
    readonly property int radiusLarge: 14

    readonly property real scale: AppSettings.fontScale
    readonly property string family: AppSettings.fontFamily
    readonly property string mono: AppSettings.monoFamily
    readonly property int textTiny: Math.round(11 * scale)
    readonly property int textSmall: Math.round(12.5 * scale)
    readonly property int textBody: Math.round(14 * scale)
    readonly property int textTitle: Math.round(16 * scale)
    readonly property int textLarge: Math.round(20 * scale)
    readonly property int textHuge: Math.round(27 * scale)
    readonly property int controlHeight: Math.round(36 * Math.max(1, scale))
    readonly property int iconSize: Math.round(18 * Math.max(1, scale))

    readonly property int quick: 110
}
