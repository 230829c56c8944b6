// SPDX-License-Identifier: GPL-3.0-or-later
// Goes back to earlier segments, or plays them one by one; 0 is the puzzle alone.
import QtQuick
import QtQuick.Layouts
import Greylag

RowLayout {
    id: root

    required property ReasonSession session

    spacing: Theme.xs

    Timer {
        id: player

        interval: 700
        repeat: true
        onTriggered: {
            root.session.step += 1;
            running = root.session.step < root.session.stepCount;
        }
    }
    IconButton {
        iconName: player.running ? "pause" : "play"
        label: player.running ? qsTr("Pause") : qsTr("Play the segments")
        enabled: root.session.stepCount > 0 && !root.session.isSolving
        onClicked: {
            if (!player.running && root.session.step === root.session.stepCount)
                root.session.step = 0;
            player.running = !player.running;
        }
    }
    IconButton {
        iconName: "chevron-left"
        label: qsTr("Segment before")
        enabled: root.session.step > 0
        onClicked: {
            player.stop();
            root.session.step -= 1;
        }
    }
    AppSlider {
        id: slider

        Layout.fillWidth: true
        Layout.minimumWidth: 60
        label: qsTr("Segment")
        from: 0
        to: Math.max(1, root.session.stepCount)
        stepSize: 1
        snapMode: AppSlider.SnapAlways
        enabled: root.session.stepCount > 0
        onMoved: {
            player.stop();
            root.session.step = Math.round(value);
        }

        Binding on value {
            value: root.session.step
            when: !slider.pressed
        }
    }
    IconButton {
        iconName: "chevron-right"
        label: qsTr("Segment after")
        enabled: root.session.step < root.session.stepCount
        onClicked: {
            player.stop();
            root.session.step += 1;
        }
    }
}
