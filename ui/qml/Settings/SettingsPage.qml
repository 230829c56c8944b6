// SPDX-License-Identifier: GPL-3.0-or-later
// Appearance, engine, named configurations, about.
import QtQuick
import QtQuick.Layouts
import Greylag

PageScaffold {
    title: qsTr("Settings")
    subtitle: qsTr("Every change is saved at once.")
    maximumWidth: 860

    AppearanceCard {
        Layout.fillWidth: true
    }
    EngineSettingsCard {
        Layout.fillWidth: true
    }
    ConfigurationsCard {
        Layout.fillWidth: true
    }
    AboutCard {
        Layout.fillWidth: true
    }
}
